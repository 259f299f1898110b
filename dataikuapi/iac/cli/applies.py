"""Describes the applies in a journal: who applied what and when, and how it ended."""

from collections.abc import Iterator, Mapping

from dataikuapi.iac.models.journal import ApplyRun, Journal, JournalEntry, applies_of
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.reports.formatting import counted

__all__ = ["applies_document", "apply_lines"]


def apply_lines(journal: Journal) -> Iterator[str]:
    """Yield a line for each apply, newest first; one that says so if there is none.

    Raises:
        StateCorruptedError: if what is stored is not a journal.
        StateReadError: if it cannot be read.
    """
    runs = _newest_first(journal)
    if not runs:
        yield "nothing was applied yet"
    for run in runs:
        began, by = run.begin, _text(run.begin, "by")
        parts = [
            "began before the journal" if began is None else format_time(began.at),
            _ending(run),
            _text(began, "source"),
            f"by {by}" if by else "",
            _text(began, "message"),
        ]
        yield "  ".join(filter(None, parts))


def applies_document(journal: Journal) -> list[JSON]:
    """Return the applies for machines, newest first.

    Raises:
        StateCorruptedError: if what is stored is not a journal.
        StateReadError: if it cannot be read.
    """
    return [
        {
            "run": run.run,
            "began_at": _time(run.begin),
            "ended_at": _time(run.end),
            "outcome": _text(run.end, "outcome") or None,
            "counts": dict(_counts(run.end, "counts")),
            "by": _text(run.begin, "by"),
            "source": _text(run.begin, "source"),
            "url": _text(run.begin, "url"),
            "environment": _text(run.begin, "environment"),
            "message": _text(run.begin, "message"),
            "actions": dict(_counts(run.begin, "actions")),
            "unknown": [*run.open],
        }
        for run in _newest_first(journal)
    ]


def _newest_first(journal: Journal) -> list[ApplyRun]:
    return applies_of(journal.read())[::-1]


def _ending(run: ApplyRun) -> str:
    """Return how it ended, and what it did as far as that is known."""
    if run.end is None:
        actions = sum(_counts(run.begin, "actions").values())
        done = f"{len(run.outcomes):,} of {counted(actions, 'action')}"
        return f"not finished: {done}{_unknown(run)}"
    counts = _counts(run.end, "counts")
    known = [f"{count:,} {word}" for word, count in counts.items() if count]
    outcome = _text(run.end, "outcome") or "ended"
    return f"{outcome}: {', '.join(known) or 'no changes'}{_unknown(run)}"


def _unknown(run: ApplyRun) -> str:
    return f", {counted(len(run.open), 'outcome')} unknown" if run.open else ""


def _time(entry: JournalEntry | None) -> str | None:
    return None if entry is None else format_time(entry.at)


def _text(entry: JournalEntry | None, key: str) -> str:
    """Return a text of the details; empty if it is missing, or no text."""
    value = None if entry is None else entry.details.get(key)
    return value if isinstance(value, str) else ""


def _counts(entry: JournalEntry | None, key: str) -> Mapping[str, int]:
    """Return the counts of the details, by word; what is no count is left out."""
    value = None if entry is None else entry.details.get(key)
    if not isinstance(value, Mapping):
        return {}
    return {word: count for word, count in value.items() if type(count) is int}
