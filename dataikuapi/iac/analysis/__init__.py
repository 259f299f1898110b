"""Derives from diffs what reports say about them, whatever the format."""

from dataikuapi.iac.analysis.facts import (
    Analysis,
    DerivedFact,
    Fact,
    ObjectFact,
    SharedFact,
    analyze,
    fact_of,
)
from dataikuapi.iac.analysis.hiding import without_derived

__all__ = [
    "Analysis",
    "DerivedFact",
    "Fact",
    "ObjectFact",
    "SharedFact",
    "analyze",
    "fact_of",
    "without_derived",
]
