"""Which version of a model or an agent is active: DSS has an action for it."""

from collections.abc import Mapping
from typing import Any

from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.shapes import path_segment
from dataikuapi.iac.types.writing import Project

__all__ = ["activate", "with_members_of"]

_ACTIVE = "activeVersion"


def activate(
    project: Project, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    """Let the active version be as wanted; a model always has one once it has any.

    Args:
        project: a handle of the project.
        name: id of the model or the agent.
        old: its document as DSS has it.
        new: as DSS is to have it.
    """
    version = new.get(_ACTIVE)
    if version and version != old.get(_ACTIVE):
        versions = f"savedmodels/{path_segment(name)}/versions"
        path = f"{versions}/{path_segment(version)}/actions/setActive"
        send(project, "POST", path)


def with_members_of(
    old: Mapping[str, Any], new: Mapping[str, Any], *names: str
) -> dict[str, Any]:
    """Return a document in which some members are as in another one, or missing."""
    found = {key: item for key, item in new.items() if key not in names}
    return {**found, **{name: old[name] for name in names if name in old}}
