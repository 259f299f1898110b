"""Renders states and diffs as tables of pandas, which is imported when it is used."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.models import Change, ResourceDiff, ResourceDiffs, ResourceId, State
from dataikuapi.iac.models.json_values import copy_json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["diffs_dataframe", "state_dataframe"]

_STATE_COLUMNS = (
    "resource_id",
    "resource_type",
    "project_key",
    "resource_name",
    "last_modified_by",
    "last_modified_at",
    "version_number",
    "created_at",
    "deployed_by",
    "deployed_at",
    "checksum",
    "attributes",
)

_DIFF_COLUMNS = (
    "resource_id",
    "resource_type",
    "project_key",
    "resource_name",
    "change",
    "kind",
    "path",
    "pointer",
    "old",
    "new",
    "last_modified_by",
    "last_modified_at",
    "reason",
)


def state_dataframe(state: State) -> "pd.DataFrame":
    """Return a table of the resources in a state, which shares nothing with it.

    Raises:
        ImportError: if pandas is not installed.
    """
    rows = [
        {
            **_identity(resource.resource_id),
            **{name: getattr(resource.metadata, name) for name in _STATE_COLUMNS[4:-1]},
            "attributes": copy_json(resource.attributes),
        }
        for resource in state
    ]
    return _pandas().DataFrame(rows, columns=list(_STATE_COLUMNS))


def diffs_dataframe(diffs: Iterable[ResourceDiff]) -> "pd.DataFrame":
    """Return a table with one row per changed value.

    A resource that was added, removed or recreated has one row without a path, and so
    has one that could not be read: its change is ``unknown``, for a ``reason``.

    Raises:
        ImportError: if pandas is not installed.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    rows = [row for diff in diffs if diff.has_changed for row in _rows(diff)]
    rows += [
        {**_identity(item.resource_id), "change": "unknown", "reason": item.reason}
        for item in diffs.unknown
    ]
    rows += [
        {
            **_identity(item.resource_id),
            "change": "unknown",
            "path": item.attribute,
            "reason": item.reason,
        }
        for item in diffs.uncompared
        if item.is_unknown
    ]
    return _pandas().DataFrame(rows, columns=list(_DIFF_COLUMNS))


def _rows(diff: ResourceDiff) -> Iterator[dict[str, Any]]:
    about = {
        **_identity(diff.resource_id),
        "change": diff.change_type.value if not diff.is_recreated else "recreated",
        "last_modified_by": diff.last_modified_by,
        "last_modified_at": diff.last_modified_at,
    }
    yield from ({**about, **_values(change)} for change in diff.changes)
    if not diff.changes:
        yield about


def _values(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "path": change.path,
        "pointer": change.pointer,
        "old": copy_json(change.old),
        "new": copy_json(change.new),
    }


def _identity(resource_id: str) -> dict[str, str]:
    rid = ResourceId.parse(resource_id)
    return {"resource_id": resource_id, **vars(rid)}


def _pandas() -> Any:
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        if error.name != "pandas":  # Something that pandas itself needs.
            raise
        raise ModuleNotFoundError(
            "to_dataframe needs pandas: pip install 'dataiku-iac[pandas]'",
            name=error.name,
        ) from error
    return pd
