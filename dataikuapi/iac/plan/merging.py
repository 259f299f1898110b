"""The merge of three versions of an object: stored, wanted, and what DSS has now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from dataikuapi.iac.models.changes import PathSegment, PathSegments, member_names
from dataikuapi.iac.models.json_values import JSON, copy_json, json_equal
from dataikuapi.iac.models.markers import MARKER, SECRET, holds_secret
from dataikuapi.iac.models.plan import PlannedValue
from dataikuapi.iac.plan.options import Side
from dataikuapi.iac.types.sets import ItemKey, Sets, keys_of_lists, sorted_sets

__all__ = ["MISSING", "Merge", "Merged", "nothing_is_live"]


class _Missing:
    """Where a version has no value."""


MISSING = _Missing()
"""Nothing, which is something else than null."""

Value = Any
"""A value of JSON, or nothing."""

Versions = tuple[Value, Value, Value]
"""What the stored state has, what is wanted, and what DSS has."""

IsLive = Callable[[PathSegments, Value, Value], bool]
"""Returns whether a value stays as DSS has it, whatever is wanted."""


def nothing_is_live(path: PathSegments, wanted: Value, now: Value) -> bool:
    """Let no value stay as DSS has it only since it is of a certain kind."""
    return False


@dataclass
class Merged:
    """What an object is to be, and why.

    Args:
        attributes: what DSS has, with what is to change.
        updates: values that change as the code says.
        kept: values that only DSS has changed.
        conflicts: values that both have changed.
        secrets: values that cannot be written, since the code has a masked secret in
            them that is not the one in DSS.
    """

    attributes: dict[str, JSON]
    updates: list[PlannedValue] = field(default_factory=list)
    kept: list[PlannedValue] = field(default_factory=list)
    conflicts: list[PlannedValue] = field(default_factory=list)
    secrets: list[PlannedValue] = field(default_factory=list)


@dataclass(frozen=True)
class Merge:
    """Merges three versions, value by value.

    Members of objects are merged one by one, and items of lists by their keys, if each
    has one. Any other list, and any text, is one value. Masked secrets stay as DSS has
    them.

    Args:
        sets: which lists are sets.
        is_live: decides for values that stay as DSS has them in any case.
        reverts: whether what only DSS has changed is changed back.
        takes: which side is taken of what both have changed, if one is.
    """

    sets: Sets
    is_live: IsLive
    reverts: bool = False
    takes: Side | None = None

    def __call__(
        self,
        base: Mapping[str, JSON],
        code: Mapping[str, JSON],
        live: Mapping[str, JSON],
    ) -> Merged:
        """Return what an object is to be.

        Args:
            base: what the stored state has.
            code: what is wanted.
            live: what DSS has.
        """
        found = Merged({})
        versions = (dict(base), dict(code), dict(live))
        merged = cast(dict[str, JSON], copy_json(self._merged(versions, (), found)))
        found.attributes = sorted_sets(merged, self.sets)
        return found

    def _merged(self, versions: Versions, path: PathSegments, found: Merged) -> Value:
        base, code, live = versions
        if _same(code, live) or (path and self.is_live(path, code, live)):
            return live
        if isinstance(code, dict) and isinstance(live, dict):
            members = base if isinstance(base, dict) else {}
            return self._objects((members, code, live), path, found)
        if isinstance(code, list) and isinstance(live, list):
            lists = [base if isinstance(base, list) else [], code, live]
            keys = keys_of_lists(lists, self.sets.get(member_names(path)))
            if keys is not None:
                return self._lists(lists, keys, path, found)
        return self._chosen(versions, path, found)

    def _chosen(self, versions: Versions, path: PathSegments, found: Merged) -> Value:
        """Return one version of a value that is not divided any further."""
        base, code, live = versions
        value = PlannedValue(path, *map(_shown, versions))
        if _same(code, base) and not self.reverts:
            found.kept.append(value)
            return live
        is_conflict = not (_same(live, base) or _same(code, base))
        if is_conflict and self.takes != "code":
            noted = found.kept if self.takes == "live" else found.conflicts
            noted.append(value)
            return live
        if code is not MISSING and holds_secret(code):
            found.secrets.append(value)
            return live
        found.updates.append(value)
        return code

    def _objects(self, versions: Versions, path: PathSegments, found: Merged) -> Value:
        names = dict.fromkeys(name for version in versions[::-1] for name in version)
        merged = {
            name: self._merged(
                _members(versions, name), (*path, PathSegment(name)), found
            )
            for name in names
        }
        return {name: item for name, item in merged.items() if item is not MISSING}

    def _lists(
        self,
        lists: list[list[JSON]],
        keys: list[list[ItemKey]],
        path: PathSegments,
        found: Merged,
    ) -> Value:
        base_keys, code_keys, live_keys = keys
        is_code = self.reverts or self.takes == "code"
        order = _merged_order(base_keys, code_keys, live_keys, is_code)
        versions = cast(Versions, tuple(lists))
        if order is None:  # Both sides have other orders than before.
            return self._chosen(versions, path, found)
        items = [
            dict(zip(names, version, strict=True))
            for names, version in zip(keys, lists, strict=True)
        ]
        merged = []
        for position, key in enumerate(order):
            label = f"{key.kind} {key.name}" if key.kind else key.name
            segment = PathSegment(position, label, key.kind)
            members = cast(Versions, tuple(each.get(key, MISSING) for each in items))
            merged.append(self._merged(members, (*path, segment), found))
        result = [item for item in merged if item is not MISSING]
        if member_names(path) in self.sets:
            return result
        if not _agree(code_keys, live_keys):  # No item of it says so.
            noted = found.updates if _agree(code_keys, order) else found.kept
            noted.append(PlannedValue(path, *map(_shown, versions)))
        return result


def _merged_order(
    base: list[ItemKey], code: list[ItemKey], live: list[ItemKey], reverts: bool
) -> list[ItemKey] | None:
    """Return the order of the items of all versions; ``None`` if there are two.

    Items that both sides have keep the order of the side that changed it. What only one
    side has follows the item that it follows there.
    """
    is_code = reverts or not _agree(base, code)
    if not reverts and is_code and not _agree(base, live) and not _agree(code, live):
        return None
    first, others = (code, (live, base)) if is_code else (live, (code, base))
    order = list(first)
    for other in others:
        for number, key in enumerate(other):
            if key not in order:
                before = next((k for k in reversed(other[:number]) if k in order), None)
                order.insert(0 if before is None else order.index(before) + 1, key)
    return order


def _agree(one: list[ItemKey], other: list[ItemKey]) -> bool:
    """Return whether what both have is in the same order."""
    shared = set(one) & set(other)
    return [k for k in one if k in shared] == [k for k in other if k in shared]


def _members(versions: Versions, name: str) -> Versions:
    base, code, live = (version.get(name, MISSING) for version in versions)
    return base, code, live


def _same(one: Value, other: Value) -> bool:
    """Return whether two values are equal, apart from how secrets are masked."""
    if one is MISSING or other is MISSING:
        return one is other
    if json_equal(one, other):
        return True
    is_masked = holds_secret(one) and holds_secret(other)
    return is_masked and json_equal(_plainly(one), _plainly(other))


def _plainly(value: JSON) -> JSON:
    """Return a value with all secrets masked by the same constant."""
    if isinstance(value, dict):
        return {name: _plainly(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plainly(item) for item in value]
    if isinstance(value, str) and "<" in value:
        return MARKER.sub(SECRET, value)
    return value


def _shown(value: Value) -> JSON:
    return None if value is MISSING else cast(JSON, value)
