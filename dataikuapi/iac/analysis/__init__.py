"""Derives from diffs what reports say about them, whatever the format."""

from dataikuapi.iac.analysis.facts import (
    Analysis,
    DerivedFact,
    Fact,
    ObjectFact,
    SharedFact,
    analyze,
)
from dataikuapi.iac.analysis.hiding import without_derived

__all__ = [
    "Analysis",
    "DerivedFact",
    "Fact",
    "ObjectFact",
    "SharedFact",
    "analyze",
    "without_derived",
]
