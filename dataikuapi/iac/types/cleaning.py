"""Cleaning that documents of all types share.

It removes bookkeeping, normalizes values, and moves the version tag to the metadata.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from dataikuapi.iac.models import ResourceMetadata
from dataikuapi.iac.models.json_values import JSON, copy_json
from dataikuapi.iac.models.times import utc_from_millis

__all__ = [
    "IGNORED_IN_ALL",
    "KEYED_BY_COLUMN",
    "Ignored",
    "drop_paths",
    "metadata_of",
    "normalize_numbers",
    "sorted_tags",
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

Ignored = Mapping[tuple[str, ...], str]
"""Paths that are removed from a document, each with the reason."""

IGNORED_IN_ALL: Ignored = {
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
    if isinstance(value, dict):
        return {key: normalize_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normalize_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOATS:
        return int(value)
    return value


def drop_paths(document: dict[str, JSON], ignored: Ignored) -> dict[str, JSON]:
    """Return the document without these paths; lists along a path are traversed."""
    for path in ignored:
        document = _without_path(document, path)
    return document


def _without_path(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_without_path(item, path) for item in value]
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return {**value, path[0]: _without_path(value[path[0]], path[1:])}


def with_defaults(
    document: dict[str, JSON], defaults: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Return the document with default values for missing keys.

    Upgrades of DSS add keys to objects that nobody edited, so a missing key and one at
    its default have to be equal.
    """
    return {**cast(dict[str, JSON], copy_json(dict(defaults))), **document}


def sorted_tags(tags: JSON) -> JSON:
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
        last_modified_at=_modified_at(version),
        version_number=number if type(number) is int else None,
        created_at=_modified_at(creation),
    )


def _tag(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a tag; an invalid one counts as missing, as it is not configuration."""
    tag = document.get(name)
    return tag if isinstance(tag, dict) else {}


def _modified_at(tag: Mapping[str, Any]) -> datetime | None:
    milliseconds = tag.get("lastModifiedOn")
    if type(milliseconds) is not int or abs(milliseconds) > _MAX_MILLISECONDS:
        return None
    return utc_from_millis(milliseconds)
