"""Describes references that the changes made dangling."""

from collections.abc import Iterable, Iterator

from dataikuapi.iac.analysis.dangling import DanglingReference
from dataikuapi.iac.reports.excerpts import WIDTH, words, wrapped

__all__ = ["dangling_lines", "dangling_sentences"]

_MAX_IDS = 5
"""How many objects that refer to the same missing one are named."""


def dangling_lines(references: Iterable[DanglingReference]) -> Iterator[str]:
    """Describe missing objects in lines that fit a terminal.

    Args:
        references: to any objects.
    """
    for sentence in dangling_sentences(references):
        yield from wrapped(words(f"! {sentence}"), WIDTH, "    ")


def dangling_sentences(references: Iterable[DanglingReference]) -> Iterator[str]:
    """Say, for each missing object, which objects refer to it.

    Args:
        references: to any objects.
    """
    referring: dict[str, dict[str, None]] = {}
    for item in references:
        referring.setdefault(item.target_id, {})[item.resource_id] = None
    for target_id, ids in referring.items():
        named = ", ".join(list(ids)[:_MAX_IDS])
        more = f" and {len(ids) - _MAX_IDS:,} more" if len(ids) > _MAX_IDS else ""
        verb = "refers" if len(ids) == 1 else "refer"
        yield f"{named}{more} {verb} to {target_id}, which does not exist"
