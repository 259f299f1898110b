"""Which version of a model or an agent is active: DSS has an action for it."""

from collections.abc import Mapping
from typing import Any

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.types.requests import get_json, send
from dataikuapi.iac.types.shapes import expect_items, path_segment
from dataikuapi.iac.types.writing import Project

__all__ = ["activate", "require_version", "with_members_of"]

_ACTIVE = "activeVersion"


def activate(
    project: Project, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> int:
    """Activate the wanted version if another one is active.

    DSS cannot deactivate one: a model always has an active version once it has any.

    Args:
        project: a handle of the project.
        name: id of the model or the agent.
        old: its document as DSS has it.
        new: as DSS is to have it.

    Returns:
        How many requests were sent, each of which saves the model.
    """
    version = _activated(old, new)
    if not version:
        return 0
    path = f"{_versions(name)}/{path_segment(version)}/actions/setActive"
    send(project, "POST", path)
    return 1


def require_version(
    project: Project, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    """Make sure that the version to activate is one that DSS has, or is to have.

    A trained version is only where it was trained, or where it was imported.

    Args:
        project: a handle of the project.
        name: id of the model.
        old: its document as DSS has it.
        new: as DSS is to have it.

    Raises:
        UnsupportedValueError: if it is not.
    """
    version = _activated(old, new)
    inline = new.get("inlineVersions") or ()
    if not version or any(item.get("versionId") == version for item in inline):
        return
    if version not in expect_items(get_json(project, _versions(name)), "id"):
        raise UnsupportedValueError(
            f"DSS has no version {version} to activate: train or import it there, or "
            "have a rule ignore /activeVersion"
        )


def _activated(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return the version that is to become the active one; "" if none is."""
    version = new.get(_ACTIVE)
    return str(version) if version and version != old.get(_ACTIVE) else ""


def _versions(name: str) -> str:
    return f"savedmodels/{path_segment(name)}/versions"


def with_members_of(
    old: Mapping[str, Any], new: Mapping[str, Any], *names: str
) -> dict[str, Any]:
    """Return a document in which some members are as in another one, or missing."""
    found = {key: item for key, item in new.items() if key not in names}
    return {**found, **{name: old[name] for name in names if name in old}}
