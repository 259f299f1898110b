"""Describes facts in the words that all reports use."""

from collections.abc import Iterable, Iterator
from itertools import chain
from textwrap import wrap

from dataikuapi.iac.analysis import DerivedFact, Fact, ObjectFact, SharedFact
from dataikuapi.iac.analysis.summary import about, count_by_type, display_name
from dataikuapi.iac.analysis.weights import names_of, severity_of_change
from dataikuapi.iac.models import Change, ChangeType, ResourceDiff
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.reports.excerpts import WIDTH, columns
from dataikuapi.iac.reports.formatting import change_lines, counted, last_editor

__all__ = [
    "about_line",
    "changed_names",
    "diffs_of",
    "fact_lines",
    "heading",
    "name_lines",
    "notes",
    "quoted",
    "titled",
    "with_notes",
]

_MAX_NAMES = 24
"""Most names of resources that are listed, unless all are asked for."""

_MAX_NAME_LINES = 4
"""Most lines that these names take."""

_MAX_VALUES = 5
"""Most inputs or outputs that are listed of an added or removed recipe."""

_MAX_DERIVED, _MAX_DERIVED_CHANGES = 12, 3
"""Most derived facts, and changes of each, that are listed."""

_MAX_EDITORS = 3

_MAX_CHANGED_NAMES = 4
"""Most names of changed attributes that are listed."""

_MIN_NOTE = 24
"""Columns for the first words of a note beside the id; with less room it is below."""

_INDENT = 4
"""Columns by which what is below a heading is indented."""

_MAX_PART = 45
"""Longer notes may be broken between words."""

_MAX_TITLE = 40
"""Most characters that are shown of the name of an object."""

_KEEP = "\0"
"""Stands for a blank at which a text is not broken."""


def diffs_of(fact: Fact) -> tuple[ResourceDiff, ...]:
    """Return the diffs that a fact is about."""
    return fact.diffs if isinstance(fact, SharedFact) else (fact.diff,)


def heading(fact: Fact) -> str:
    """Return the sign, and the id or the number of resources."""
    if isinstance(fact, SharedFact):
        return f"~ {count_by_type(fact.diffs)}"
    return titled(fact.diff)


def titled(diff: ResourceDiff) -> str:
    """Return sign and id of a resource; with its name, if the id does not have it."""
    return f"{diff}{quoted(display_name(diff))}"


def quoted(name: str) -> str:
    """Return a name in quotes, to follow an id; "" for none."""
    shown = name if len(name) <= _MAX_TITLE else f"{name[:_MAX_TITLE]}…"
    return f' "{shown}"' if name else ""


def notes(fact: Fact) -> list[str]:
    """Return what is known beside the changes: who made them, what they affect."""
    if isinstance(fact, DerivedFact):
        return [fact.cause.reason]
    found: list[str] = []
    if isinstance(fact, SharedFact):
        found += filter(None, [_editors(fact.diffs)])
    else:
        if fact.renamed_from and fact.renamed_from.old_resource:
            found.append(f"renamed from {fact.renamed_from.old_resource.resource_name}")
        found += filter(None, [last_editor(fact.diff)])
    if fact.downstream:
        found.append(f"{len(fact.downstream):,} downstream")
    return found


def changed_names(changes: Iterable[Change]) -> str:
    """Return what was changed, in short, such as "params.connection, tags"."""
    found = list(dict.fromkeys(".".join(names_of(item)[:2]) for item in changes))
    rest = len(found) - _MAX_CHANGED_NAMES
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"{', '.join(found[:_MAX_CHANGED_NAMES])}{more}"


def about_line(diff: ResourceDiff) -> str:
    """Return what an added or removed resource is; "" for others."""
    return "; ".join(_about(diff))


def _about(diff: ResourceDiff) -> list[str]:
    if diff.change_type not in (ChangeType.ADDED, ChangeType.REMOVED):
        return []
    parts = []
    for fact in about(diff):
        rest = len(fact.values) - _MAX_VALUES
        shown = ", ".join(fact.values[:_MAX_VALUES])
        parts.append(f"{fact.label}: {shown}{f' and {rest} more' if rest > 0 else ''}")
    return parts


def fact_lines(
    fact: Fact,
    *,
    verbose: bool = False,
    full: bool = False,
    max_description_lines: int | None = None,
) -> Iterator[str]:
    """Describe a fact below its heading.

    Args:
        fact: the fact.
        verbose: whether to list all names and derived changes, not only some of many.
        full: whether to cut no values.
        max_description_lines: how much to show of changes of descriptions and tags,
            which come last. Defaults to all.
    """
    if isinstance(fact, DerivedFact):
        yield from _derived_changes(fact, verbose, full, _INDENT)
        return
    if isinstance(fact, ObjectFact) and not fact.renamed_from:
        yield from _joined(_about(fact.diff))
    yield from _own_lines(fact, full, max_description_lines)
    if isinstance(fact, ObjectFact) and fact.renamed_from:
        note = f"renamed to {fact.diff.resource_name}"
        yield from with_notes(str(fact.renamed_from), [note], 4)
    if isinstance(fact, SharedFact):
        yield from name_lines(fact.diffs, verbose=verbose)
    else:
        yield from _derived(fact.derived, verbose, full)


def _own_lines(
    fact: ObjectFact | SharedFact, full: bool, most: int | None
) -> Iterator[str]:
    resource_type = diffs_of(fact)[0].resource_type
    heavy: list[Change] = []
    light: list[Change] = []
    for change in fact.changes:
        severity = severity_of_change(resource_type, change)
        (light if severity is Severity.DESCRIPTION else heavy).append(change)
    yield from _all_lines(heavy, full)
    if most is None:
        yield from _all_lines(light, full)
    else:
        yield from _first_lines(light, full, most)


def _first_lines(changes: Iterable[Change], full: bool, most: int) -> Iterator[str]:
    """Yield the first lines of changes, whole changes if possible."""
    found = [list(change_lines(change, full=full)) for change in changes]
    count = sum(map(len, found))
    shown: list[str] = []
    for lines in found:
        if shown and len(shown) + len(lines) > most:
            break
        shown += lines
    # The line with the rest takes the place of one.
    shown = shown[:most] if count > most + 1 else list(chain.from_iterable(found))
    yield from shown
    if count > len(shown):
        rest = counted(count - len(shown), "more line")
        yield f"… {rest} of descriptions and tags (-v shows them)"


def name_lines(diffs: Iterable[ResourceDiff], *, verbose: bool) -> Iterator[str]:
    """List the names of resources by type and project, wrapped."""
    diffs = list(diffs)
    shown = len(diffs) if verbose else min(len(diffs), _MAX_NAMES)
    lines = _names(diffs[:shown])
    while not verbose and len(lines) > _MAX_NAME_LINES and shown > 1:
        shown -= 1
        lines = _names(diffs[:shown])
    yield from lines
    if len(diffs) > shown:
        yield f"… and {len(diffs) - shown:,} more (-v lists them)"


def _names(diffs: Iterable[ResourceDiff]) -> list[str]:
    names: dict[str, list[str]] = {}
    for diff in diffs:
        items = names.setdefault(f"{diff.resource_type}.{diff.project_key}", [])
        if diff.resource_name:
            items.append(f"{diff.resource_name}{quoted(display_name(diff))}")
    return [
        line
        for prefix, items in names.items()
        for line in _joined(
            [f"in {prefix}: {', '.join(items)}" if items else f"in {prefix}"]
        )
    ]


def with_notes(title: str, about: list[str], indent: int = 0) -> Iterator[str]:
    """Yield a title with notes in parentheses, below it if there is no room beside it.

    Args:
        title: of a resource or several.
        about: the notes, if there are any.
        indent: columns by which the lines are going to be indented.
    """
    if not about:
        yield title
        return
    about = [f"({about[0]}", *about[1:]]
    about[-1] += ")"
    width = WIDTH - indent
    start = columns(title) + 2
    first, *others = _joined(about, start, width)
    if start > width - _MIN_NOTE + 2 or start + columns(first) > width:
        yield title
        yield from (f"    {line}" for line in _joined(about, width=width))
    else:
        yield f"{title}  {first}".rstrip()
        yield from (f"    {line}" for line in others)


def _joined(parts: Iterable[str], start: int = 4, width: int = WIDTH) -> list[str]:
    """Join parts with semicolons, wrapped to the width of a terminal.

    Names, and parts that are not long themselves, are not broken.

    Args:
        parts: shown with an indentation of 4.
        start: column of the first line.
        width: of the terminal.
    """
    whole = [
        item if len(item) > _MAX_PART else item.replace(" ", _KEEP) for item in parts
    ]
    lines = wrap(
        "; ".join(whole),
        width - 4,
        initial_indent=" " * max(start - 4, 0),
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [
        (line if number else line.lstrip()).replace(_KEEP, " ")
        for number, line in enumerate(lines)
    ]


def _derived(
    facts: tuple[DerivedFact, ...], verbose: bool, full: bool
) -> Iterator[str]:
    shown = facts if verbose else facts[:_MAX_DERIVED]
    for fact in shown:
        yield from with_notes(titled(fact.diff), [fact.cause.reason], 4)
        if verbose or len(facts) <= _MAX_DERIVED_CHANGES:
            yield from (
                f"    {line}"
                for line in _derived_changes(fact, verbose, full, 2 * _INDENT)
            )
    if len(facts) > len(shown):
        rest = len(facts) - len(shown)
        yield f"… and {counted(rest, 'resource')} that followed (-v lists them)"


def _derived_changes(
    fact: DerivedFact, verbose: bool, full: bool, indent: int
) -> Iterator[str]:
    shown = fact.changes if verbose else fact.changes[:_MAX_DERIVED_CHANGES]
    yield from _all_lines(shown, full, indent)
    rest = len(fact.changes) - len(shown)
    if rest:
        yield f"… and {counted(rest, 'more change')} (-v lists them)"


def _all_lines(
    changes: Iterable[Change], full: bool, indent: int = _INDENT
) -> Iterator[str]:
    for change in changes:
        yield from change_lines(change, full=full, indent=indent)


def _editors(diffs: Iterable[ResourceDiff]) -> str:
    """Return who made the same change in several resources, as far as is known."""
    logins = {
        diff.last_modified_by if diff.editor_is_recorded is not False else None
        for diff in diffs
    }
    known = sorted(login for login in logins if login)
    if not known:
        return ""
    if len(known) > _MAX_EDITORS:
        return f"by {len(known)} people"
    return f"by {', '.join(known)}{' and others' if None in logins else ''}"
