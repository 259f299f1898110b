"""Lists in documents that are sets: the order of their items means nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from dataikuapi.iac.models.json_values import JSON, canonical_bytes

__all__ = [
    "TAGS",
    "ItemKey",
    "KeyOf",
    "Sets",
    "by",
    "by_group_or_user",
    "by_object",
    "by_object_id",
    "by_type_and_name",
    "by_value",
    "keys_of_lists",
    "sorted_sets",
]


class ItemKey(NamedTuple):
    """What identifies an item within its set.

    Args:
        name: e.g. the name of a group.
        kind: what has that name, e.g. ``group``; "" if there is only one kind.
    """

    name: str
    kind: str = ""


KeyOf = Callable[[Any], ItemKey | None]
"""Returns the key of an item; ``None`` if it has none."""

Sets = Mapping[tuple[str, ...], KeyOf]
"""The paths of the sets in a document; lists along a path are traversed."""


def by(name: str) -> KeyOf:
    """Return the function for items that are identified by this member."""
    return lambda item: _key(_member(item, name))


def by_group_or_user(item: Any) -> ItemKey | None:
    """Return the key of a permission: it is granted to a group or to a user."""
    for kind in ("group", "user"):
        key = _key(_member(item, kind), kind)
        if key is not None:
            return key
    return None


def by_type_and_name(item: Any) -> ItemKey | None:
    """Return the key of an exposed object."""
    return _key(_member(item, "localName"), _member(item, "type"))


def by_object(item: Any) -> ItemKey | None:
    """Return the key of an authorization: the object that it makes accessible."""
    reference = _member(item, "objectRef")
    return _key(_member(reference, "objectId"), _member(reference, "objectType"))


def by_object_id(item: Any) -> ItemKey | None:
    """Return the key of a reference to an object: its id, and what DSS calls its type.

    An object of another project has that project's key in front of its id.
    """
    name, kind = _member(item, "objectId"), _member(item, "objectType")
    project_key = _member(item, "projectKey")
    if isinstance(project_key, str) and isinstance(name, str):
        name = f"{project_key}.{name}"
    return _key(name, kind)


def by_value(item: Any) -> ItemKey | None:
    """Return the key of a text, which is the text itself."""
    return _key(item)


_KEYS = (by("name"), by("ref"), by("id"), by("column"))
"""The keys of items in DSS: of a column, an input or output, a checklist, and of what
is computed from a column, such as an aggregate."""

TAGS: Sets = {("tags",): by_value}
"""The tags of an object; they are sorted as it is read."""


def keys_of_lists(
    lists: Sequence[list[JSON]], key_of: KeyOf | None = None
) -> list[list[ItemKey]] | None:
    """Return the keys of the items of each list.

    Args:
        lists: versions of one list.
        key_of: returns the key of an item of these lists, if that is known. Otherwise
            it is looked for under the names that DSS uses.

    Returns:
        ``None`` unless every item of all lists has a key that is unique in its list.
    """
    for key in _KEYS if key_of is None else (key_of,):
        found = [
            keys for keys in (_keys(items, key) for items in lists) if keys is not None
        ]
        if len(found) == len(lists):
            return found
    return None


def _keys(items: list[JSON], key_of: KeyOf) -> list[ItemKey] | None:
    """Return the key of each item; ``None`` unless every item has a unique one."""
    keys = []
    for item in items:
        key = key_of(item)
        if key is None:
            return None
        keys.append(key)
    return keys if len(set(keys)) == len(keys) else None


def sorted_sets(document: dict[str, JSON], sets: Sets) -> dict[str, JSON]:
    """Return the document with its sets in the order of their keys."""
    # The inner ones first: items without a key are sorted by their content.
    for path in sorted(sets, key=len, reverse=True):
        document = cast(dict[str, JSON], _sorted_at(document, path, sets[path]))
    return document


def _sorted_at(value: Any, path: tuple[str, ...], key_of: KeyOf) -> Any:
    if isinstance(value, list):
        if path:
            return [_sorted_at(item, path, key_of) for item in value]
        return sorted(value, key=lambda item: _order(item, key_of))
    if not path or not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _sorted_at(value[path[0]], path[1:], key_of)}


def _order(item: Any, key_of: KeyOf) -> tuple[str, str, bytes]:
    key = key_of(item) or ItemKey("")
    return key.kind, key.name, canonical_bytes(item)


def _member(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _key(name: Any, kind: Any = "") -> ItemKey | None:
    if isinstance(name, str) and name and isinstance(kind, str):
        return ItemKey(name, kind)
    return None
