"""What do documents of all types have in common that is not configuration?"""

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
"""Beyond it a float no longer holds every integer."""

_MAX_MILLISECONDS = 200_000_000_000_000
"""In the year 8307; Python knows no year beyond 9999."""

KEYED_BY_COLUMN = frozenset("""
    analysisColumnData columnUseScientificNotationByName columnWidthsByName
    outputColumnNameOverrides per_feature
    """.split())
"""Objects in payloads whose keys are columns, so that a key in them means nothing."""

Ignored = Mapping[tuple[str, ...], str]
"""Paths that are left out of a document, each with the reason."""

IGNORED_IN_ALL: Ignored = {
    ("versionTag",): "who saved last, and how often: bookkeeping, kept as metadata",
    ("creationTag",): "who made it, and when: bookkeeping, kept as metadata",
    ("smartName",): "the name as another project writes it; follows from the name",
    ("checklists", "checklists", "items", "createdOn"): "bookkeeping",
    ("checklists", "checklists", "items", "createdBy"): "bookkeeping",
    ("checklists", "checklists", "items", "stateChangedOn"): "bookkeeping",
}


def normalize_numbers(value: JSON) -> JSON:
    """Return a copy in which values that mean the same are the same.

    A float without a fraction becomes an integer: the front end of DSS turns 50.0 to 50
    whenever somebody saves.
    """
    if isinstance(value, dict):
        return {key: normalize_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normalize_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOATS:
        return int(value)
    return value


def drop_paths(document: dict[str, JSON], ignored: Ignored) -> dict[str, JSON]:
    """Return the document less the paths; lists on the way are looked into."""
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
    """Return the document with missing keys at their defaults.

    Upgrades of DSS add keys to objects that nobody touched: an absent key and one at
    its default have to be the same.
    """
    return {**cast(dict[str, JSON], copy_json(dict(defaults))), **document}


def sorted_tags(tags: JSON) -> JSON:
    """Return the tags in order; they are a set, and DSS re-sorts them as it likes."""
    return [*sorted({str(tag) for tag in tags})] if isinstance(tags, list) else []


def metadata_of(
    document: Mapping[str, Any], read_at: datetime, read_by: str
) -> ResourceMetadata:
    """Return who changed an object last, when, and how often, as its tags tell.

    Args:
        document: as DSS returns it, with ``versionTag`` and ``creationTag`` if any.
        read_at: when it was read.
        read_by: by whom.
    """
    version, creation = _tag(document, "versionTag"), _tag(document, "creationTag")
    editor = version.get("lastModifiedBy")
    login = editor.get("login") if isinstance(editor, dict) else None
    number = version.get("versionNumber")
    return ResourceMetadata(
        deployed_at=read_at,
        deployed_by=read_by,
        last_modified_by=login if isinstance(login, str) else None,
        last_modified_at=_moment(version),
        version_number=number if type(number) is int else None,
        created_at=_moment(creation),
    )


def _tag(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a tag; bookkeeping that is not as it should be is no reason to fail."""
    tag = document.get(name)
    return tag if isinstance(tag, dict) else {}


def _moment(tag: Mapping[str, Any]) -> datetime | None:
    milliseconds = tag.get("lastModifiedOn")
    if type(milliseconds) is not int or abs(milliseconds) > _MAX_MILLISECONDS:
        return None
    return utc_from_millis(milliseconds)
