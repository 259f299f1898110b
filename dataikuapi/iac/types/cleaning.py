"""Cleaning that documents of all types share.

It removes bookkeeping, normalizes values, and moves the version tag to the metadata.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from dataikuapi.iac.models import ResourceMetadata
from dataikuapi.iac.models.json_values import JSON, canonical_bytes, copy_json
from dataikuapi.iac.models.times import utc_from_millis

__all__ = [
    "ANY",
    "KEYED_BY_COLUMN",
    "PAGE_STATE",
    "VOLATILE_IN_ALL",
    "Constants",
    "Kept",
    "Volatile",
    "drop_anywhere",
    "drop_constants",
    "drop_paths",
    "keep_members",
    "metadata_of",
    "normalize_numbers",
    "normalize_tags",
    "with_defaults",
]

_EXACT_FLOATS = 2**53
"""Beyond this, a float cannot represent every integer."""

_MAX_MILLISECONDS = 200_000_000_000_000
"""In the year 8307; a Python datetime ends with the year 9999."""

KEYED_BY_COLUMN = frozenset("""
    analysisColumnData columnUseScientificNotationByName columnWidthsByName
    outputColumnNameOverrides per_feature
    """.split())
"""Objects in payloads whose keys are column names, which may look like any key."""

Volatile = Mapping[tuple[str, ...], str]
"""Paths that are removed from a document, each with the reason.

A last name such as ``$touched*`` is every member whose name begins like that.
"""

Constants = Mapping[tuple[str, ...], tuple[JSON, ...]]
"""Paths, each with the values that mean the same there as a missing key."""

ANY = "*"
"""In the path of a constant, or of code: every member of an object."""

PAGE_STATE: Mapping[str, str] = {
    "$$hashKey": "written by the front end while the page of an object is open",
}
"""Members that are not configuration, in documents of any type and at any depth."""


@dataclass(frozen=True)
class Kept:
    """The members of an object that are configuration; all others are not.

    Args:
        names: of these members.
        others: why others are not, by name; with :data:`ANY`, why the rest is not.
    """

    names: tuple[str, ...]
    others: Mapping[str, str]


VOLATILE_IN_ALL: Volatile = {
    ("versionTag",): "who saved last, and how often: bookkeeping, goes to the metadata",
    ("creationTag",): "who created it, and when: bookkeeping, goes to the metadata",
    ("smartName",): "how other projects refer to it; derived from the name",
    ("checklists", "checklists", "items", "createdOn"): "bookkeeping",
    ("checklists", "checklists", "items", "createdBy"): "bookkeeping",
    ("checklists", "checklists", "items", "stateChangedOn"): "bookkeeping",
}


def normalize_numbers(value: JSON) -> JSON:
    """Return a copy in which floats without a fraction are integers.

    The DSS front end rewrites 50.0 to 50 on every save.
    """
    # Most values are strings: not to call this for each takes half the time.
    if isinstance(value, dict):
        return {
            key: item if type(item) is str else normalize_numbers(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            item if type(item) is str else normalize_numbers(item) for item in value
        ]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOATS:
        return int(value)
    return value


def drop_paths(document: dict[str, JSON], volatile: Volatile) -> dict[str, JSON]:
    """Return the document without these paths; lists along a path are traversed.

    :data:`ANY` in a path, not at its end, is every member of an object.
    """
    top_level = {path[0] for path in volatile if len(path) == 1}
    document = {key: item for key, item in document.items() if key not in top_level}
    for path in volatile:
        document = _without_path(document, path)
    return document


def _without_path(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_without_path(item, path) for item in value]
    if isinstance(value, dict) and path[0] == ANY:
        return {key: _without_path(item, path[1:]) for key, item in value.items()}
    if isinstance(value, dict) and len(path) == 1 and path[0].endswith(ANY):
        beginning = path[0].removesuffix(ANY)
        return {
            key: item for key, item in value.items() if not key.startswith(beginning)
        }
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return {**value, path[0]: _without_path(value[path[0]], path[1:])}


def keep_members(
    document: dict[str, JSON], kept: Mapping[tuple[str, ...], Kept]
) -> dict[str, JSON]:
    """Return the document with only these members of the objects at these paths.

    Args:
        document: not modified.
        kept: lists along a path are traversed.
    """
    for path, members in kept.items():
        document = cast(dict[str, JSON], _only(document, path, members.names))
    return document


def _only(value: Any, path: tuple[str, ...], names: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_only(item, path, names) for item in value]
    if not isinstance(value, dict):
        return value
    if not path:
        return {key: item for key, item in value.items() if key in names}
    if path[0] not in value:
        return value
    return {**value, path[0]: _only(value[path[0]], path[1:], names)}


def drop_anywhere(value: JSON, names: Collection[str]) -> JSON:
    """Return a value without the members of these names, at any depth.

    Columns of these names stay: members of :data:`KEYED_BY_COLUMN`. A value without
    such members is returned as it is.
    """
    return _without(value, names) if _has_member(value, names) else value


def _has_member(value: JSON, names: Collection[str]) -> bool:
    if isinstance(value, list):
        return any(_has_member(item, names) for item in value)
    return isinstance(value, dict) and any(
        key in names or _has_member(item, names) for key, item in value.items()
    )


def _without(value: JSON, names: Collection[str]) -> JSON:
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: (
            _drop_in_columns(item, names)
            if key in KEYED_BY_COLUMN
            else _without(item, names)
        )
        for key, item in value.items()
        if key not in names
    }


def _drop_in_columns(value: JSON, names: Collection[str]) -> JSON:
    if not isinstance(value, dict):
        return _without(value, names)
    return {column: _without(item, names) for column, item in value.items()}


def drop_constants(document: dict[str, JSON], constants: Constants) -> dict[str, JSON]:
    """Return the document without keys at a value that means the same as no key.

    Unlike defaults, these are not filled in: whether an object has such a key depends
    on its type and on the DSS version that saved it last.

    Args:
        document: not modified.
        constants: in order; an object that one of them empties may be dropped by a
            later one. Lists along a path are traversed.
    """
    for path, values in constants.items():
        if path[0] == ANY or path[0] in document:
            encoded = set(map(canonical_bytes, values))
            document = _without_constant(document, path, encoded)
    return document


def _without_constant(value: Any, path: tuple[str, ...], constants: set[bytes]) -> Any:
    if isinstance(value, list):
        return [_without_constant(item, path, constants) for item in value]
    if not isinstance(value, dict):
        return value
    names = (
        list(value) if path[0] == ANY else [name for name in path[:1] if name in value]
    )
    if not names:
        return value
    if len(path) == 1:
        dropped = {name for name in names if canonical_bytes(value[name]) in constants}
        return {key: item for key, item in value.items() if key not in dropped}
    inner = {
        name: _without_constant(value[name], path[1:], constants) for name in names
    }
    return {**value, **inner}


def with_defaults(
    document: dict[str, JSON], defaults: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Return the document with default values for missing keys.

    Upgrades of DSS add keys to objects that nobody edited, so a missing key and one at
    its default have to be equal.
    """
    return {**cast(dict[str, JSON], copy_json(dict(defaults))), **document}


def normalize_tags(tags: JSON) -> JSON:
    """Return the tags sorted: they are a set, and DSS reorders them arbitrarily."""
    return [*sorted({str(tag) for tag in tags})] if isinstance(tags, list) else []


def metadata_of(
    document: Mapping[str, Any], read_at: datetime, read_by: str
) -> ResourceMetadata:
    """Return the metadata of an object, from its version tag and creation tag.

    Args:
        document: as DSS returns it; either tag may be missing.
        read_at: when it was read.
        read_by: login of the user, or id of the API key, that read it.
    """
    version, creation = _tag(document, "versionTag"), _tag(document, "creationTag")
    editor = version.get("lastModifiedBy")
    login = editor.get("login") if isinstance(editor, dict) else None
    number = version.get("versionNumber")
    return ResourceMetadata(
        deployed_at=read_at,
        deployed_by=read_by,
        last_modified_by=login if isinstance(login, str) else None,
        last_modified_at=_tag_time(version),
        version_number=number if type(number) is int else None,
        created_at=_tag_time(creation),
    )


def _tag(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a tag; an invalid one counts as missing, as it is not configuration."""
    tag = document.get(name)
    return tag if isinstance(tag, dict) else {}


def _tag_time(tag: Mapping[str, Any]) -> datetime | None:
    milliseconds = tag.get("lastModifiedOn")
    if type(milliseconds) is not int or abs(milliseconds) > _MAX_MILLISECONDS:
        return None
    return utc_from_millis(milliseconds)
