"""Plugins: which are installed, in which version; never their settings."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Path, Severities
from dataikuapi.iac.types.cleaning import ANY, Kept
from dataikuapi.iac.types.instance_type import Client, InstanceType
from dataikuapi.iac.types.references import Fact, text_at, value_at
from dataikuapi.iac.types.requests import get_instance_json
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
)

__all__ = ["PluginType"]

_LISTING = "plugins/"


class PluginType(InstanceType):
    """An installed plugin. Its settings may hold secrets, so they are not read."""

    name = "plugin"
    requests = "1"
    responses: ClassVar[Mapping[str, Shape]] = {
        f"/{_LISTING}": ListShape("id", ObjectShape()),
    }
    shared_responses: ClassVar[frozenset[str]] = frozenset(responses)
    kept: ClassVar[Mapping[Path, Kept]] = {
        ("definition",): Kept(
            ("version", "isDev"), {ANY: "what this version of the plugin is made of"}
        )
    }
    definition_defaults: ClassVar[Mapping[str, JSON]] = {"version": "", "isDev": False}
    severities: ClassVar[Severities] = {("definition",): Severity.CODE}

    def list_documents(self, project: Client) -> dict[str, Documents | None]:
        """Return all plugins; one request has all that is read of them."""
        items = expect_items(get_instance_json(project, _LISTING), "id")
        return {
            name: {
                self.main: {"name": name},
                "definition": {
                    key: value for key, value in item.items() if value is not None
                },
            }
            for name, item in items.items()
        }

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the version, and whether it is developed on the instance."""
        if text_at(attributes, "definition", "version"):
            yield Fact("version", (text_at(attributes, "definition", "version"),))
        if value_at(attributes, "definition", "isDev") is True:
            yield Fact("state", ("in development",))
