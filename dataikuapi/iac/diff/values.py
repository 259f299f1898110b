"""Which values inside a configuration are not as they were?"""

from collections.abc import Iterator

from dataikuapi.iac.diff.lists import Match, matched
from dataikuapi.iac.models.changes import Change, ChangeKind, Step, Steps
from dataikuapi.iac.models.json_values import JSON, same

__all__ = ["changes_between"]


def changes_between(old: dict[str, JSON], new: dict[str, JSON]) -> tuple[Change, ...]:
    """Return one entry for each value that was added, removed, modified or moved.

    Objects are compared by their members, and lists by what their items are (see
    :func:`~dataikuapi.iac.diff.lists.matched`), down to the values that differ.

    Args:
        old: attributes that were.
        new: attributes that are.

    Returns:
        In the order of the new attributes' names, and of positions; what was removed
        stands before what comes after it.
    """
    return tuple(_of_objects(old, new, (), ()))


def _of_values(old: JSON, new: JSON, before: Steps, after: Steps) -> Iterator[Change]:
    """Compare two values that belong together and are known to differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(old, new, before, after)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, before, after)
    else:
        yield Change(ChangeKind.MODIFIED, after, old, new)


def _of_objects(
    old: dict[str, JSON], new: dict[str, JSON], before: Steps, after: Steps
) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        step = Step(name)
        if name not in new:
            yield Change(ChangeKind.REMOVED, (*before, step), old=old[name])
        elif name not in old:
            yield Change(ChangeKind.ADDED, (*after, step), new=new[name])
        elif not same(old[name], new[name]):
            yield from _of_values(old[name], new[name], (*before, step), (*after, step))


def _of_lists(
    old: list[JSON], new: list[JSON], before: Steps, after: Steps
) -> Iterator[Change]:
    match = matched(old, new)
    rows = {position: row for row, position in match.pairs}
    gone = sorted(set(range(len(old))) - set(rows.values()), reverse=True)
    ends = _ends_of_gaps(len(old), len(new), match)
    for position, item in enumerate(new):
        while gone and gone[-1] < ends[position]:
            yield _removed(old, gone.pop(), match.old_keys, before)
        row = rows.get(position)
        here = (*after, Step(position, _at(match.new_keys, position)))
        if row is None:
            yield Change(ChangeKind.ADDED, here, new=item)
            continue
        there = (*before, Step(row, _at(match.old_keys, row)))
        if row in match.moved:
            yield Change(ChangeKind.MOVED, here, from_steps=there)
        if not same(old[row], item):
            yield from _of_values(old[row], item, there, here)
    while gone:
        yield _removed(old, gone.pop(), match.old_keys, before)


def _ends_of_gaps(rows: int, positions: int, match: Match) -> list[int]:
    """Return for each new position which old one is next in the order that stayed."""
    stayed = {position: row for row, position in match.pairs if row not in match.moved}
    ends, end = [rows] * positions, rows
    for position in range(positions - 1, -1, -1):
        end = stayed.get(position, end)
        ends[position] = end
    return ends


def _removed(
    old: list[JSON], row: int, keys: list[str] | None, before: Steps
) -> Change:
    return Change(
        ChangeKind.REMOVED, (*before, Step(row, _at(keys, row))), old=old[row]
    )


def _at(keys: list[str] | None, position: int) -> str | None:
    return None if keys is None else keys[position]
