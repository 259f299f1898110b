"""Selects and writes the resources of a state."""

import json
from collections.abc import Collection
from typing import Any

from dataikuapi.iac import Resource, State
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.output import write_document
from dataikuapi.iac.console import printable_json
from dataikuapi.iac.models.suggestions import did_you_mean

__all__ = ["require_resource", "select", "write_json", "write_resource"]


def select(
    state: State, types: Collection[str], projects: Collection[str]
) -> list[Resource]:
    """Return the resources of some types and projects; of all where none is given."""
    return [
        resource
        for resource in state.list_resources()
        if (not types or resource.resource_type in types)
        and (not projects or resource.project_key in projects)
    ]


def require_resource(state: State, resource_id: str) -> Resource:
    """Return a resource.

    Raises:
        UsageError: if it is not in the state.
    """
    resource = state.get_resource(resource_id)
    if resource is None:
        hint = did_you_mean(resource_id, state.resources)
        raise UsageError(
            f"no {resource_id} in the state; to list it: dataiku-iac show.{hint}"
        )
    return resource


def write_resource(state: State, resource_id: str) -> None:
    """Write a resource as JSON.

    Raises:
        UsageError: if it is not in the state.
        OutputError: if it cannot be written.
    """
    write_json(require_resource(state, resource_id).to_dict())


def write_json(document: Any) -> None:
    """Write a document as JSON.

    Raises:
        OutputError: if it cannot be written.
    """
    write_document(printable_json(json.dumps(document, indent=2)))
