"""The document of a state, divided into its projects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.statefile.serialization import Document

__all__ = ["Part", "StateParts", "divide", "unite"]

_IDS = "ids"
"""The key under which a state remembers ids; they belong to projects."""


@dataclass(frozen=True)
class Part:
    """What a state has of one project.

    Args:
        resources: the entries of its resources, by id.
        scope: its entries of the scope; ``None`` if the state has no scope.
        ids: the ids that the state remembers of it.
    """

    resources: dict[str, Any]
    scope: list[Any] | None
    ids: dict[str, str]


@dataclass(frozen=True)
class StateParts:
    """A state, divided into its projects.

    Args:
        head: its document without what belongs to projects.
        projects: the rest, by project key.
    """

    head: Document
    projects: dict[str, Part]


def divide(document: Document) -> StateParts:
    """Divide a document; ``unite`` is the inverse.

    Args:
        document: of a state. Its values are shared.
    """
    scope = document.get("scope")
    remembered = document.get(_IDS)
    is_ours = isinstance(remembered, dict) and _are_ids(remembered)
    ids = cast(dict[str, str], remembered) if is_ours else {}
    left_out = {"resources", "scope", _IDS} if is_ours else {"resources", "scope"}
    head = {name: value for name, value in document.items() if name not in left_out}
    if scope is not None:
        head["scope"] = []
    projects: dict[str, Part] = {}

    def part(key: str) -> Part:
        if key not in projects:
            projects[key] = Part({}, None if scope is None else [], {})
        return projects[key]

    for key, entry in document["resources"].items():
        part(ResourceId.parse(key).project_key).resources[key] = entry
    for entry in scope or ():
        cast(list[Any], part(entry["project"]).scope).append(entry)
    for code, live in ids.items():
        part(ResourceId.parse(code).project_key).ids[code] = live
    return StateParts(head, {key: projects[key] for key in sorted(projects)})


def unite(head: Mapping[str, Any], parts: Iterable[Part]) -> Document:
    """Return the document of a state that has these projects.

    Args:
        head: of the state.
        parts: of some projects, or all.
    """
    document = dict(head)
    resources: dict[str, Any] = {}
    ids: dict[str, str] = {}
    scope: list[Any] = []
    for part in parts:
        resources |= part.resources
        ids |= part.ids
        scope += part.scope or ()
    document["resources"] = {key: resources[key] for key in sorted(resources)}
    if "scope" in head:
        document["scope"] = sorted(
            scope, key=lambda item: (item["project"], item["read_at"], item["types"])
        )
    if ids:
        document[_IDS] = {key: ids[key] for key in sorted(ids)}
    return document


def _are_ids(remembered: Mapping[str, Any]) -> bool:
    """Return whether it is what this library keeps under that key."""
    for code, live in remembered.items():
        try:
            ResourceId.parse(code)
        except ValueError:
            return False
        if not isinstance(live, str):
            return False
    return True
