"""Statistics worksheets of datasets: their cards, never what these compute."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Project, Severities
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.nested import NestedName, NestedType, parent_of
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    references_at,
    text_at,
    value_at,
)
from dataikuapi.iac.types.requests import get_json, post_json, send
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    path_segment,
)
from dataikuapi.iac.types.writers import key_of
from dataikuapi.iac.types.writing import Writer, Writing

__all__ = ["StatisticsWorksheetType"]

_WORKSHEETS = "datasets/{dataset}/statistics/worksheets/"


class _WorksheetWriter(Writer):
    """A worksheet is below its dataset, which its document names."""

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the whole document below its dataset."""
        document = documents["document"]
        kept = {key: item for key, item in document.items() if key != "id"}
        body = {**kept, "projectKey": key_of(project)}
        response = post_json(project, _path(_dataset_of(document)), body)
        return str(expect_object(response, "id")["id"])

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the whole document below the dataset that it is of now."""
        path = _path(_dataset_of(old["document"]), name)
        send(project, "PUT", path, new["document"])
        return 1

    def delete(self, project: Project, name: str, drop_data: bool) -> None:
        """Delete the worksheet; its dataset is looked for unless the name has it."""
        if not isinstance(name, NestedName):
            listed = StatisticsWorksheetType().list_documents(project)
            found = next((item for item in listed if item == name), None)
            if found is None:
                return  # It is gone by now, which whoever reads it again finds out.
            name = found
        send(project, "DELETE", _path(parent_of(name), name))


def _dataset_of(document: Mapping[str, Any]) -> str:
    return str(document["dataSpec"]["inputDatasetSmartName"])


def _path(dataset: str, name: str = "") -> str:
    path = _WORKSHEETS.format(dataset=path_segment(dataset))
    return path + path_segment(name) if name else path


def _users(project: Project, used: ResourceId) -> dict[str, dict[str, JSON]]:
    """Return the worksheets of a dataset: they are in it."""
    if used.resource_type != "dataset":
        return {}
    items = expect_items(get_json(project, _path(used.resource_name)), "id")
    inside: JSON = {"inputDatasetSmartName": used.resource_name}
    return {name: {"dataSpec": inside} for name in items}


class StatisticsWorksheetType(NestedType):
    """A worksheet, by its id: 10 characters that DSS generates.

    Not watched by default: DSS lists worksheets by dataset, so a sync makes a request
    for each dataset of a project, also where there is no worksheet. To read a single
    one by its id, the datasets are searched.
    """

    name = "statistics_worksheet"
    writing = Writing(users=_users, writer=_WorksheetWriter())
    requests = "1 for each dataset, + N"
    is_watched_by_default = False
    is_searched = True
    layout = ObjectFolder("statistics_worksheets")
    volatile: ClassVar[Volatile] = {
        ("dataSpec", "refreshTrigger"): "counts refreshes of the sample: 6 of 96 edits",
    }
    responses: ClassVar[Mapping[str, Shape]] = {
        f"/projects/{{project}}/{_WORKSHEETS}": ListShape(
            "id", ObjectShape(identity={"projectKey": "project"})
        ),
        f"/projects/{{project}}/{_WORKSHEETS}{{name}}": ObjectShape(
            required={"dataSpec": dict},
            identity={"projectKey": "project", "id": "name"},
        ),
    }
    shared_responses: ClassVar[frozenset[str]] = frozenset(
        {"/projects/{project}/datasets/"}
    )
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "rootCard": {},
        "tags": [],
        "customFields": {},
    }
    constants: ClassVar[Constants] = {
        ("checklists",): ({"checklists": []},),
        ("dataSpec", "containerSelection"): ({"containerMode": "INHERIT"},),
    }
    severities: ClassVar[Severities] = {
        ("dataSpec",): Severity.CODE,
        ("dataSpec", "containerSelection"): Severity.CONNECTION,
    }

    def list_parents(self, project: Project) -> Mapping[str, Mapping[str, JSON]]:
        """Return the names of the datasets."""
        return expect_items(get_json(project, "datasets/"), "name")

    def list_in(self, project: Project, parent: str) -> list[str]:
        """Return the ids of the worksheets of a dataset."""
        items = expect_items(get_json(project, _path(parent)), "id")
        return [NestedName.within(parent, worksheet) for worksheet in items]

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the worksheet, under ``document``."""
        path = _path(parent_of(name), name)
        return {self.main: expect_object(get_json(project, path))}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the dataset."""
        return references_at(attributes, "dataset", "dataSpec", "inputDatasetSmartName")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the dataset, and how many cards there are."""
        dataset = text_at(attributes, "dataSpec", "inputDatasetSmartName")
        if dataset:
            yield Fact("dataset", (dataset,))
        cards = value_at(attributes, "rootCard", "cards")
        if isinstance(cards, list) and cards:
            yield Fact("cards", (f"{len(cards)}",))
