"""Small states for the tests of backends."""

from datetime import datetime, timezone
from typing import Any

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.stored_version import NO_BASE
from dataikuapi.iac.statefile.serialization import dumps

__all__ = [
    "ORDERS",
    "a_state",
    "content",
    "dataset",
    "load_or_begin",
    "rows_by_project",
    "with_rows",
]

ORDERS = "dataset.SHOP.orders"

READ_AT = datetime(2026, 11, 1, tzinfo=timezone.utc)


def dataset(project: str, name: str = "orders", /, **attributes: JSON) -> Resource:
    """Return a dataset."""
    return Resource("dataset", f"dataset.{project}.{name}", attributes)


def a_state(*projects: str, scope: bool = False, **attributes: JSON) -> State:
    """Return a state that was never stored, with a dataset in each project.

    Args:
        projects: keys; ``SHOP`` if there is none.
        scope: whether it says what of an instance it has.
        attributes: of each dataset.
    """
    keys = projects or ("SHOP",)
    datasets = [dataset(key, "orders", **attributes) for key in keys]
    state = State(
        serial=1,
        environment="dev",
        resources={item.resource_id: item for item in datasets},
    )
    if scope:
        state.scope = Scope.from_parts([(key, "dataset") for key in keys], READ_AT)
    return state


def with_rows(state: State, rows: int, project: str = "SHOP") -> State:
    """Return the same state, after a change of one dataset."""
    changed = dataset(project, "orders", rows=rows)
    state.resources[changed.resource_id] = changed
    return state


def rows_by_project(backend: StateBackend) -> dict[str, Any]:
    """Return what is stored of the datasets that :func:`with_rows` changes."""
    return {
        key.split(".")[1]: item.attributes.get("rows")
        for key, item in backend.load().resources.items()
        if key.endswith(".orders")
    }


def load_or_begin(backend: StateBackend) -> State:
    """Return what is stored; or a new state, based on that nothing is."""
    try:
        return backend.load()
    except StateNotFoundError:
        state = State(environment="dev")
        state.base_version = NO_BASE
        return state


def content(state: State) -> bytes:
    """Return all that a state has, as it is written."""
    return dumps(state)
