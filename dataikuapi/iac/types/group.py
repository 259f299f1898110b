"""Groups of users: what their members may do; never the members."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Severities
from dataikuapi.iac.types.instance_type import Client, InstanceType
from dataikuapi.iac.types.references import Fact, text_at, value_at
from dataikuapi.iac.types.requests import get_instance_json
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    path_segment,
)

__all__ = ["GroupType"]

_LISTING = "admin/groups/"
_NAMES = "groups"
_RIGHT = "may"


class GroupType(InstanceType):
    """A group. Its rights are flags, such as ``mayCreateProjects``.

    Each release of DSS adds some, so one that is off means the same as none.
    """

    name = "group"
    lists_all_names = True
    responses: ClassVar[Mapping[str, Shape]] = {
        f"/{_LISTING}": ListShape("name", ObjectShape()),
        f"/{_LISTING}{{name}}": ObjectShape(
            required={"name": str}, identity={"name": "name"}
        ),
        f"/{_NAMES}": ListShape("name", ObjectShape()),
    }
    shared_responses: ClassVar[frozenset[str]] = frozenset({f"/{_NAMES}"})
    definition_defaults: ClassVar[Mapping[str, JSON]] = {
        "description": "",
        "sourceType": "LOCAL",
        "admin": False,
    }
    severities: ClassVar[Severities] = {
        ("definition",): Severity.PERMISSIONS,
        ("definition", "description"): Severity.DESCRIPTION,
    }

    def list_documents(self, project: Client) -> dict[str, Documents | None]:
        """Return the names only; each group has to be fetched."""
        return dict.fromkeys(expect_items(get_instance_json(project, _LISTING), "name"))

    def list_names(self, client: Client) -> dict[str, Documents]:
        """Return the names of all groups, which every user may list."""
        items = expect_items(get_instance_json(client, _NAMES), "name")
        return {name: {self.main: {"name": name}} for name in items}

    def fetch_documents(self, project: Client, name: str) -> Documents:
        """Return name and definition."""
        path = _LISTING + path_segment(name)
        group = expect_object(get_instance_json(project, path), "name")
        return {self.main: {"name": group.pop("name")}, "definition": group}

    def refine(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Remove the rights that the group does not have."""
        attributes = super().refine(attributes)
        if not isinstance(attributes.get("definition"), dict):
            return attributes
        definition = cast(dict[str, JSON], attributes["definition"])
        granted = {
            name: value
            for name, value in definition.items()
            if value is not False or not name.startswith(_RIGHT)
        }
        return {**attributes, "definition": granted}

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return where it is from, and whether its members are administrators."""
        if text_at(attributes, "definition", "sourceType"):
            yield Fact("source", (text_at(attributes, "definition", "sourceType"),))
        if value_at(attributes, "definition", "admin") is True:
            yield Fact("rights", ("administrator",))
