"""Puts changes of attributes into the documents that DSS returned for an object.

What the changes do not touch stays as it is there: fields that no type models, screen
state, secrets, and the order of what has none.
"""

import json
from collections import Counter
from collections.abc import Collection
from typing import Any, cast

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.json_values import JSON, copy_json, json_equal
from dataikuapi.iac.models.markers import marked_values
from dataikuapi.iac.types.base import Documents, ResourceType
from dataikuapi.iac.types.sets import TAGS, ItemKey, Sets, keys_of_lists

__all__ = ["new_documents", "rewritten"]


class _Missing:
    """Where there is no value."""


_MISSING = _Missing()


def rewritten(
    kind: ResourceType,
    documents: Documents,
    before: dict[str, JSON],
    after: dict[str, JSON],
) -> dict[str, Any]:
    """Return documents with the changes from one configuration to another.

    Args:
        kind: the type of the object.
        documents: as DSS returned them; not modified.
        before: the attributes that they stand for.
        after: the attributes that the result stands for.

    Raises:
        UnsupportedValueError: if a secret would be replaced by what masks it.
    """
    sets = {**TAGS, **kind.sets}
    found = dict(documents)
    apart = kind.places.keys() & (before.keys() | after.keys())
    for name in apart:
        versions = before.get(name, _MISSING), after.get(name, _MISSING)
        _place(found, kind.places[name], versions, name, sets)
    old, new = (_without(each, apart) for each in (before, after))
    found[kind.main] = _rewritten(old, new, documents[kind.main], (), sets)
    known = Counter(marked_values(cast(JSON, dict(documents))))
    if Counter(marked_values(found)) - known:
        raise UnsupportedValueError(
            "a secret that DSS alone has would be lost: the code has a mask where DSS "
            "has no secret, or another one. Change it in DSS, or have a rule ignore it"
        )
    return found


def new_documents(kind: ResourceType, attributes: dict[str, JSON]) -> dict[str, Any]:
    """Return the documents of an object that DSS does not have yet.

    Args:
        kind: the type of the object.
        attributes: what it is to be.

    Raises:
        UnsupportedValueError: if there is a secret that is masked.
    """
    return rewritten(kind, {kind.main: {}}, {}, attributes)


def _without(attributes: dict[str, JSON], names: Collection[str]) -> dict[str, JSON]:
    return {name: item for name, item in attributes.items() if name not in names}


def _place(
    documents: dict[str, Any],
    place: tuple[str, ...],
    versions: tuple[Any, Any],
    name: str,
    sets: Sets,
) -> None:
    """Change the value of an attribute at its place: a part, or a member of one."""
    part, *members = place
    if _MISSING not in versions and json_equal(*versions):
        return
    if not members:
        documents[part] = _part(documents.get(part), *versions, name, sets)
        return
    document, (member,) = dict(documents.get(part) or {}), members
    raw = document.pop(member, None)
    found = _rewritten(*versions, raw, (name,), sets)
    documents[part] = document if found is _MISSING else {**document, member: found}


def _part(raw: Any, before: Any, after: Any, name: str, sets: Sets) -> Any:
    """Return a part that is one attribute; a text may be JSON, which is parsed."""
    if after is _MISSING:
        return "" if isinstance(raw, str) else None
    if isinstance(after, str) or isinstance(raw, dict):
        return _rewritten(before, after, raw, (name,), sets)
    parsed = json.loads(raw) if raw and not isinstance(before, str) else {}
    found = _rewritten(before, after, parsed, (name,), sets)
    return json.dumps(found, ensure_ascii=False)


def _rewritten(
    before: Any, after: Any, raw: Any, path: tuple[str, ...], sets: Sets
) -> Any:
    """Return a raw value with the changes of its canonical form."""
    if after is _MISSING:
        return _MISSING
    if before is not _MISSING and json_equal(before, after):
        return raw
    if isinstance(after, dict) and isinstance(raw, dict):
        members = before if isinstance(before, dict) else {}
        return _object(members, after, raw, path, sets)
    if isinstance(after, list) and isinstance(raw, list) and isinstance(before, list):
        return _list(before, after, raw, path, sets)
    return copy_json(after)


def _object(
    before: dict[str, JSON],
    after: dict[str, JSON],
    raw: dict[str, Any],
    path: tuple[str, ...],
    sets: Sets,
) -> dict[str, Any]:
    found = {
        name: item for name, item in raw.items() if name in after or name not in before
    }
    for name, item in after.items():
        old: Any = before.get(name, _MISSING)
        if old is not _MISSING and json_equal(old, item):
            continue
        found[name] = _rewritten(old, item, raw.get(name), (*path, name), sets)
    return found


def _list(
    before: list[JSON],
    after: list[JSON],
    raw: list[Any],
    path: tuple[str, ...],
    sets: Sets,
) -> list[Any]:
    keys = keys_of_lists([before, after, raw], sets.get(path))
    if keys is not None:
        return _keyed(before, after, raw, keys, path, sets)
    if len(before) != len(raw) or path in sets:  # The places tell nothing.
        return cast(list[Any], copy_json(after))
    partners = _partners(before, after)
    return [
        (
            copy_json(item)
            if row is None
            else _rewritten(before[row], item, raw[row], path, sets)
        )
        for item, row in zip(after, partners, strict=True)
    ]


def _keyed(
    before: list[JSON],
    after: list[JSON],
    raw: list[Any],
    keys: list[list[ItemKey]],
    path: tuple[str, ...],
    sets: Sets,
) -> list[Any]:
    old_keys, new_keys, raw_keys = keys
    old = dict(zip(old_keys, before, strict=True))
    found = dict(zip(raw_keys, raw, strict=True))
    new = dict(zip(new_keys, after, strict=True))
    items = {
        key: (
            _rewritten(old[key], item, found[key], path, sets)
            if key in old and key in found
            else copy_json(item)
        )
        for key, item in new.items()
    }
    order = list(new_keys)
    if path in sets:  # Its order means nothing: that of DSS stays.
        order = [key for key in raw_keys if key in new]
        order += [key for key in new_keys if key not in found]
    return [items[key] for key in order]


def _partners(before: list[JSON], after: list[JSON]) -> list[int | None]:
    """Return the old position of each new item that is an old one, perhaps changed."""
    left = [row for row, item in enumerate(before)]
    found: list[int | None] = []
    for item in after:
        row = next((row for row in left if json_equal(before[row], item)), None)
        if row is not None:
            left.remove(row)
        found.append(row)
    if len(before) == len(after):
        return [
            place if row is None and place in left else row
            for place, row in enumerate(found)
        ]
    return found
