"""Insights: charts, tables and whatever else a dashboard can show."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Project, Severities
from dataikuapi.iac.types.charts import CHART_STATE
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    SAVED_MODEL_TYPES,
    Fact,
    Reference,
    references_at,
    text_at,
    types_of_dss_object,
)
from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["InsightType"]

_REFERENCES: Mapping[str, str | tuple[str, ...]] = {
    "datasetSmartName": "dataset",
    "savedModelSmartId": SAVED_MODEL_TYPES,
    "webAppSmartId": "web_app",
    "notebookSmartName": "notebook",
    "folderSmartId": "managed_folder",
    "scenarioSmartId": "scenario",
    "articleId": "wiki_article",
}
"""Parameters that say what an insight shows, each with the type of that object."""


class _InsightWriter(ListedWriter):
    """An insight is wrapped when it is sent, and saved by a POST."""

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the whole document, as a prototype."""
        return {"insightPrototype": super().prototype(project, name, document)}

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Post the whole document to its own path."""
        send(project, "POST", self.path(name), {"insight": new["document"]})
        return 1


class InsightType(ListedType):
    """An insight. Names are not unique: 40 of 59 public projects have duplicates."""

    name = "insight"
    writing = Writing(
        environment_specific=frozenset({("owner",)}),
        writer=_InsightWriter("insights/", "insights/{name}/"),
    )
    listing = "insights/"
    layout = ObjectFolder("insights")
    item = "insights/{name}/"
    required = ("type",)
    volatile: ClassVar[Volatile] = {
        ("params", "def", "computeMode"): "filled in by the page: 30 of 440 edits",
    }
    volatile_anywhere: ClassVar[Mapping[str, str]] = CHART_STATE
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "params": {},
        "listed": False,
        "tags": [],
        "customFields": {},
    }
    constants: ClassVar[Constants] = {
        ("checklists",): ({"checklists": []},),
    }
    severities: ClassVar[Severities] = {
        ("owner",): Severity.PERMISSIONS,
        ("listed",): Severity.PERMISSIONS,
        ("params",): Severity.CODE,
        ("type",): Severity.CODE,
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the object that the insight shows.

        ``dashboardCreationId`` is not one: it says where the insight was made, and
        stays when that dashboard is deleted.
        """
        for member, types in _REFERENCES.items():
            yield from references_at(attributes, types, "params", member)
        shown = types_of_dss_object(text_at(attributes, "params", "objectType"))
        if shown:
            yield from references_at(attributes, shown, "params", "objectSmartId")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return what kind of insight it is, and what it shows."""
        if text_at(attributes, "type"):
            yield Fact("type", (text_at(attributes, "type"),))
        shown = tuple(
            f"{item.project_key}.{item.name}" if item.project_key else item.name
            for item in self.references(attributes)
        )
        if shown:
            yield Fact("shows", shown)
