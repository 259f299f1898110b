"""A state reduced to some projects."""

from collections.abc import Collection
from dataclasses import replace

from dataikuapi.iac.models.scope import Part, Scope
from dataikuapi.iac.models.state import State
from dataikuapi.iac.models.stored_version import BaseVersion

__all__ = ["restricted", "scope_of"]


def restricted(state: State, project_keys: frozenset[str]) -> State:
    """Return what a state has of some projects; it is based on the same version.

    Of a backend that sets no base version, that is the serial of the state.

    Args:
        state: is not changed.
        project_keys: of the projects.
    """
    resources = {
        key: item
        for key, item in state.resources.items()
        if item.project_key in project_keys
    }
    found = replace(state, resources=resources, scope=scope_of(state, project_keys))
    base = state.base_version or BaseVersion(state.lineage, state.serial, "")
    known = base.checksums or {
        key: item.metadata.checksum for key, item in resources.items()
    }
    checksums = {key: known[key] for key in resources if key in known}
    found.base_version = base._replace(checksums=checksums, projects=project_keys)
    return found


def scope_of(state: State, project_keys: Collection[str]) -> Scope:
    """Return what the scope of a state has of some projects.

    Of a state without a scope, which claims to be complete, that is each type that it
    has anywhere.
    """
    if state.scope is not None:
        return state.scope.of_projects(project_keys)
    types = {item.resource_type for item in state.resources.values()}
    parts: list[Part] = [(key, name) for key in project_keys for name in types]
    return Scope.from_parts(parts, state.updated_at)
