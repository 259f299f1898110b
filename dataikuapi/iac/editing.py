"""Removes and moves objects in a state, without reading DSS."""

from collections.abc import Collection
from dataclasses import replace

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.live_ids import renamed
from dataikuapi.iac.merge import merge
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.state import State
from dataikuapi.iac.project_keys import with_project_keys
from dataikuapi.iac.types.lookup import is_project
from dataikuapi.iac.types.naming import require_normal_name

__all__ = ["move_object", "only_project", "only_projects", "remove_objects"]


def remove_objects(stored: State, ids: Collection[str]) -> State:
    """Return the state without some objects; with a project, what is in it goes too.

    Raises:
        ResourceNotFoundError: if one of them is not in the state.
    """
    for resource_id in ids:
        _require(stored, resource_id)
    return merge(stored, _reading_of(stored, {}), ids)


def move_object(stored: State, old: str, new: str) -> State:
    """Return the state with one object, or all that is in a project, under another id.

    Raises:
        ResourceNotFoundError: if it is not in the state.
        ValueError: if the new id is taken, malformed, or of another type or project.
    """
    source, target = ResourceId.parse(old), ResourceId.parse(new)
    require_normal_name(target)
    resource = _require(stored, old)
    if source.resource_type != target.resource_type:
        raise ValueError(f"{old} and {new} are of different types")
    if is_project(source):
        if target.project_key in stored.project_keys():
            raise ValueError(f"{new} is in the state already")
        return _with_moved_project(stored, source.project_key, target.project_key)
    if source.project_key != target.project_key:
        raise ValueError(f"{old} and {new} are in different projects")
    if stored.has_resource(new):
        raise ValueError(f"{new} is in the state already")
    return merge(stored, _reading_of(stored, {new: renamed(resource, new)}), [old])


def _with_moved_project(stored: State, old: str, new: str) -> State:
    """Return the state with the new key of a project.

    Of the old one it remembers that nothing is left, so that a reading that began
    before does not bring it back.
    """
    moved, serial = with_project_keys(stored, {old: new}), stored.serial + 1
    if stored.scope is None or moved.scope is None:
        return replace(moved, serial=serial)
    left = stored.scope.of_projects([old])
    left = left.stored_in(serial, left.parts)
    return replace(moved, serial=serial, scope=moved.scope.merge(left))


def only_project(state: State, key: str) -> State:
    """Return the state with one project alone; as it is, if it lacks that project.

    Args:
        state: is not changed.
        key: of the project.
    """
    return only_projects(state, [key]) if key in state.project_keys() else state


def only_projects(state: State, keys: Collection[str]) -> State:
    """Return the state with some projects alone.

    Args:
        state: is not changed.
        keys: of the projects.
    """
    return replace(
        state,
        resources={
            rid: item
            for rid, item in state.resources.items()
            if item.project_key in keys
        },
        scope=None if state.scope is None else state.scope.of_projects(keys),
        unknown={
            text: why
            for text, why in state.unknown.items()
            if ResourceId.parse(text).project_key in keys
        },
    )


def _reading_of(stored: State, resources: dict[str, Resource]) -> State:
    """Return a reading of just these objects, to be merged."""
    return State(environment=stored.environment, resources=resources, scope=[])


def _require(stored: State, resource_id: str) -> Resource:
    resource = stored.get_resource(resource_id)
    if resource is None:
        raise ResourceNotFoundError(
            f"no {resource_id} in the state; to list it: dataiku-iac state list"
        )
    return resource
