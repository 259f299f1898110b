"""Project folders: where they are in the tree, and who may do what in them."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Identity, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.instance_type import Client
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
    expect_object,
    expect_type,
    path_segment,
)
from dataikuapi.iac.types.walked_type import Node, WalkedType

__all__ = ["ProjectFolderType"]

_FOLDER = "project-folders/"


class ProjectFolderType(WalkedType):
    """A project folder. The root has no name; all others are somewhere below it.

    DSS has no list of them, so the tree is walked: two requests for each folder.
    """

    name = "project_folder"
    root = "ROOT"
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

    def require_permission(self, client: Client) -> None:
        """Request the settings of the root.

        Who may not read these is not shown all folders either.
        """
        get_instance_json(client, f"{_FOLDER}{self.root}/settings")

    def read_node(self, client: Client, name: str) -> Node:
        """Read one folder, which names those inside."""
        with reading_listed(name):
            folder = get_instance_json(client, _FOLDER + path_segment(name))
        return expect_object(folder)

    def names_inside(self, node: Node) -> list[str]:
        """Return the ids of the folders inside of one."""
        children: Any = node.get("childrenIds")
        expect_type(children, list)
        for child in children:
            expect_type(child, str)
        return list(children)

    def describe(self, node: Node) -> Documents:
        """Return the place in the tree."""
        place = {key: value for key, value in node.items() if value is not None}
        return {self.main: place}

    def fetch_documents(self, project: Client, name: str) -> Documents:
        """Return the place in the tree, and as definition owner and permissions."""
        path = _FOLDER + path_segment(name)
        folder = expect_object(get_instance_json(project, path))
        settings = expect_object(get_instance_json(project, f"{path}/settings"))
        return {**self.describe(folder), "definition": settings}

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
