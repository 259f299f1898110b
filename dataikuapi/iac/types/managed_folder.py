"""Managed folders: where they are and how they are read, never what is in them."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Project, Severities
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    instance_reference_at,
    text_at,
)
from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["ManagedFolderType"]


class _FolderWriter(ListedWriter):
    """A folder gets another name by an action of the project."""

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the document with the name that DSS has, then rename it; as needed."""
        before, after = old["document"], new["document"]
        kept = {**after, "name": before["name"]}
        saves = 0
        if not json_equal(before, kept):
            send(project, "PUT", self.path(name), kept)
            saves += 1
        if after["name"] != before["name"]:
            body = {"id": name, "newName": after["name"]}
            send(project, "POST", "actions/renameManagedFolder", body)
            saves += 1
        return saves


class ManagedFolderType(ListedType):
    """A managed folder. Recipes and zones refer to it by its id."""

    name = "managed_folder"
    writing = Writing(
        takes_recipes=True,
        environment_specific=frozenset({("params", "container")}),
        decides={("type",): (("params",),)},
        contents_after_delete="its files stay",
        writer=_FolderWriter(
            "managedfolders/", "managedfolders/{name}", holds_data=True
        ),
        droppable=True,
    )
    listing = "managedfolders/"
    required = ("name", "type")
    layout = ObjectFolder("managed_folders")
    volatile: ClassVar[Volatile] = {
        ("metrics", "displayedState"): "UI state: which metrics are displayed",
        ("metricsChecks", "displayedState"): "UI state: which checks are displayed",
        ("checks", "displayedState"): "UI state: which checks are displayed",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "params": {},
        "tags": [],
        "customFields": {},
    }
    # Added by upgrades, as to datasets.
    constants: ClassVar[Constants] = {
        ("flowOptions", "ignoreErrorStatusOnBuild"): (False,),
        ("params", "variablesExpansionLoopConfig"): (
            {
                "enabled": False,
                "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
                "replacements": [],
            },
        ),
    }
    severities: ClassVar[Severities] = {
        ("type",): Severity.CONNECTION,
        ("params", "connection"): Severity.CONNECTION,
        ("params", "path"): Severity.CONNECTION,
        ("params", "bucket"): Severity.CONNECTION,
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the connection."""
        return instance_reference_at(attributes, "connection", "params", "connection")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return type and connection."""
        for label, *path in (("type", "type"), ("connection", "params", "connection")):
            if text_at(attributes, *path):
                yield Fact(label, (text_at(attributes, *path),))
