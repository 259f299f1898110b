"""Connections: how DSS reaches a storage; never its credentials."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Path, Severities
from dataikuapi.iac.types.cleaning import ANY, Kept
from dataikuapi.iac.types.instance_type import Client, InstanceType, NotPermittedError
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    Role,
    instance_reference_at,
    text_at,
)
from dataikuapi.iac.types.requests import get_instance_json
from dataikuapi.iac.types.sets import Sets, by_value
from dataikuapi.iac.types.shapes import (
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    expect_type,
)

__all__ = ["ConnectionType"]

_LISTING = "admin/connections/"
_NAMES = "connections/get-names"


class _ConnectionsShape:
    """The connections by name; an empty array for a key that is limited to projects."""

    connection = ObjectShape(
        required={"type": str},
        optional={"params": dict, "allowedGroups": list},
    )

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check each connection."""
        if value == []:
            return
        expect_type(value, dict)
        for connection in value.values():
            self.connection.check(connection, requested)


class _NamesShape:
    """An array of names."""

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check each name."""
        expect_type(value, list)
        for name in value:
            expect_type(name, str)


class ConnectionType(InstanceType):
    """A connection. One request lists all, for an administrator.

    ``/connections/NAME/info``, which may return credentials in clear text, is never
    requested.
    """

    name = "connection"
    responses: ClassVar[Mapping[str, Shape]] = {
        f"/{_LISTING}": _ConnectionsShape(),
        f"/{_NAMES}": _NamesShape(),
    }
    requests = "1"
    overlay_section = "connections"
    shared_responses: ClassVar[frozenset[str]] = frozenset({f"/{_LISTING}"})
    kept: ClassVar[Mapping[Path, Kept]] = {
        ("definition",): Kept(
            ("type", "params", "usableBy", "allowedGroups", "description"),
            {ANY: "what the API does not take to create a connection"},
        )
    }
    definition_defaults: ClassVar[Mapping[str, JSON]] = {
        "type": "",
        "params": {},
        "usableBy": "ALL",
        "allowedGroups": [],
        "description": "",
    }
    sets: ClassVar[Sets] = {("definition", "allowedGroups"): by_value}
    severities: ClassVar[Severities] = {
        ("definition",): Severity.CONNECTION,
        ("definition", "usableBy"): Severity.PERMISSIONS,
        ("definition", "allowedGroups"): Severity.PERMISSIONS,
        ("definition", "description"): Severity.DESCRIPTION,
    }

    def list_documents(self, project: Client) -> dict[str, Documents | None]:
        """Return all connections, with their definitions."""
        connections = get_instance_json(project, _LISTING)
        if connections == []:  # What a key gets that is limited to projects.
            raise NotPermittedError
        items = [
            {**expect_object(item), "name": name}
            for name, item in expect_object(connections).items()
        ]
        # In what is read, null, "", [] and the like mean the same as a missing key.
        return {
            name: {
                self.main: {"name": name},
                "definition": {key: value for key, value in item.items() if value},
            }
            for name, item in expect_items(items, "name").items()
        }

    def list_names(self, client: Client) -> dict[str, Documents]:
        """Return the names of those that the user of the key may use."""
        names = get_instance_json(client, f"{_NAMES}?type=all")
        expect_type(names, list)
        items = expect_items([{"name": name} for name in names], "name")
        return {name: {self.main: items[name]} for name in items}

    def is_named_in(self, member: str) -> bool:
        """Return whether it is a connection of any kind, such as ``sqlConnection``."""
        return member.lower().endswith("connection")

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the groups that may use it."""
        groups = ("definition", "allowedGroups")
        return instance_reference_at(attributes, "group", *groups, role=Role.MENTION)

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return its type."""
        if text_at(attributes, "definition", "type"):
            yield Fact("type", (text_at(attributes, "definition", "type"),))
