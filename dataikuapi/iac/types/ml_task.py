"""ML tasks of visual analyses: how models are trained, never the models."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types import ml_settings
from dataikuapi.iac.types.analysis import AnalysisType
from dataikuapi.iac.types.base import Documents, Path, Project, Severities
from dataikuapi.iac.types.charts import CHART_STATE
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.mentions import mentions_in
from dataikuapi.iac.types.named_path import NamedPath
from dataikuapi.iac.types.nested import NestedName, NestedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    references_at,
    text_at,
)
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import (
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    path_segment,
)

__all__ = ["MLTaskType"]


class MLTaskType(NestedType):
    """An ML task, by the ids of its analysis and its own: ``ml_task.SHOP.a1/t1``.

    There is a listing for each analysis. Trained models are not configuration.
    """

    name = "ml_task"
    requests = "1 for each analysis, + N"
    noun = "ML task"
    layout = NamedPath(
        "analysis/*/ml/*/params.json", has_project_key=False, keeps_id=True
    )
    volatile: ClassVar[Volatile] = ml_settings.VOLATILE
    volatile_anywhere: ClassVar[Mapping[str, str]] = CHART_STATE
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/lab/{analysis}/models/": ObjectShape(
            required={"mlTasks": list}
        ),
        "/projects/{project}/models/lab/{analysis}/{task}/settings": ObjectShape(
            required={"taskType": str}, identity={"id": "task"}
        ),
    }
    shared_responses: ClassVar[frozenset[str]] = frozenset({"/projects/{project}/lab/"})
    defaults: ClassVar[Mapping[str, JSON]] = {"name": "", "taskType": "", "labels": []}
    constants: ClassVar[Constants] = ml_settings.CONSTANTS
    code: ClassVar[frozenset[Path]] = ml_settings.CODE
    severities: ClassVar[Severities] = ml_settings.SEVERITIES

    def list_parents(self, project: Project) -> Mapping[str, Mapping[str, JSON]]:
        """Return the ids of the analyses."""
        return expect_items(get_json(project, AnalysisType.listing), AnalysisType.key)

    def list_in(self, project: Project, parent: str) -> list[str]:
        """Return the ids of the tasks in an analysis, after its own."""
        listed = get_json(project, f"lab/{path_segment(parent)}/models/")
        tasks = expect_items(expect_object(listed).get("mlTasks"), "mlTaskId")
        return [NestedName.within(parent, task, f"{parent}/") for task in tasks]

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the settings of the task, under ``document``."""
        analysis, slash, task = name.partition("/")
        if not slash:
            raise ResourceNotFoundError(
                f"there is no ML task {name[:200]} in project {project.project_key}: "
                "its id is that of the analysis, a slash, and that of the task"
            )
        path = f"models/lab/{path_segment(analysis)}/{path_segment(task)}/settings"
        return {self.main: expect_object(get_json(project, path), "taskType")}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the folder of images, other datasets, and the code environment."""
        folder = "managedFolderSmartId"
        yield from references_at(attributes, "managed_folder", folder)
        yield from mentions_in(attributes, "")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return what is predicted, and how."""
        for label, member in (
            ("task", "taskType"),
            ("prediction", "predictionType"),
            ("target", "targetVariable"),
        ):
            if text_at(attributes, member):
                yield Fact(label, (text_at(attributes, member),))
