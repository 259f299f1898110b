"""Project folders: where they are in the tree, and who may do what in them."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Identity, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.instance_type import Client, InstanceType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    Role,
    instance_reference_at,
    text_at,
)
from dataikuapi.iac.types.requests import get_instance_json, reading_listed
from dataikuapi.iac.types.sets import Sets, by_group_or_user
from dataikuapi.iac.types.shapes import (
    ObjectShape,
    Shape,
    UnexpectedShapeError,
    expect_object,
    expect_type,
    path_segment,
)

__all__ = ["ProjectFolderType"]

_FOLDER = "project-folders/"
_ROOT = "ROOT"


class ProjectFolderType(InstanceType):
    """A project folder. The root has no name; all others are somewhere below it.

    DSS has no list of them, so the tree is walked: two requests for each folder.
    """

    name = "project_folder"
    requests = "2 for each folder"
    identity = Identity.GENERATED
    volatile: ClassVar[Volatile] = {
        ("childrenIds",): "the folders inside say themselves where they are",
        ("projectKeys",): "the projects inside, of which a key sees only some",
        ("definition", "name"): "as in the folder itself",
    }
    responses: ClassVar[Mapping[str, Shape]] = {
        f"/{_FOLDER}{{name}}": ObjectShape(
            required={"childrenIds": list},
            optional={"name": str, "parentId": str},
            identity={"id": "name"},
        ),
        f"/{_FOLDER}{{name}}/settings": ObjectShape(
            optional={"owner": str, "permissions": list}
        ),
    }
    shared_responses: ClassVar[frozenset[str]] = frozenset(responses)
    definition_defaults: ClassVar[Mapping[str, JSON]] = {
        "owner": "",
        "permissions": [],
    }
    sets: ClassVar[Sets] = {("definition", "permissions"): by_group_or_user}
    severities: ClassVar[Severities] = {("definition",): Severity.PERMISSIONS}

    def list_documents(self, project: Client) -> dict[str, Documents | None]:
        """Return the ids only, of all folders; each has to be fetched."""
        # Who may not read this is not shown all folders either.
        get_instance_json(project, f"{_FOLDER}{_ROOT}/settings")
        return dict.fromkeys(_walk(project))

    def list_names(self, client: Client) -> dict[str, Documents]:
        """Return the folders that the key may see, without owners and permissions."""
        tree = _walk(client)
        return {name: {self.main: _described(tree[name])} for name in tree}

    def fetch_documents(self, project: Client, name: str) -> Documents:
        """Return the place in the tree, and as definition owner and permissions."""
        path = _FOLDER + path_segment(name)
        folder = expect_object(get_instance_json(project, path))
        settings = expect_object(get_instance_json(project, f"{path}/settings"))
        return {self.main: _described(folder), "definition": settings}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the folder around it, and the groups that have permissions."""
        yield from instance_reference_at(
            attributes, self.name, "parentId", role=Role.MENTION
        )
        groups = ("definition", "permissions", "group")
        yield from instance_reference_at(
            attributes, "group", *groups, role=Role.MENTION
        )

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the owner."""
        if text_at(attributes, "definition", "owner"):
            yield Fact("owner", (text_at(attributes, "definition", "owner"),))


def _described(folder: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in folder.items() if value is not None}


def _walk(client: Client) -> dict[str, dict[str, Any]]:
    """Return all folders that the key may see, by id, from the root down."""
    folders: dict[str, dict[str, Any]] = {}
    pending = [_ROOT]
    while pending:
        name = pending.pop(0)
        if name in folders:
            raise UnexpectedShapeError(f"the folder {name} is in two folders")
        with reading_listed(name):
            folder = get_instance_json(client, _FOLDER + path_segment(name))
        folders[name] = expect_object(folder)
        children: Any = folders[name].get("childrenIds")
        expect_type(children, list)
        for child in children:
            expect_type(child, str)
            pending.append(child)
    return folders
