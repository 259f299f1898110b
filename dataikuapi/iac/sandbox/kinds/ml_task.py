"""ML tasks: listed by analysis, and served at two paths; they have no version tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import NotInSandboxError
from dataikuapi.iac.sandbox.files import Files
from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

_FILE = re.compile(r"analysis/([^/]+)/ml/([^/]+)/params\.json")


@dataclass(frozen=True, eq=False)
class MLTaskKind(Kind):
    """ML tasks, by the id of their analysis, a slash, and their own."""

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return the tasks of all analyses."""
        return {
            object_id: self.load_one(files, path, object_id)
            for path in sorted(files)
            if (match := _FILE.fullmatch(path))
            and (object_id := f"{match[1]}/{match[2]}")
        }

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return the id, which the files have too."""
        return {"id": object_id.rpartition("/")[2]}

    def from_api(self, body: Any) -> StoredObject:
        """Return the settings that a client sends."""
        document = required_object(body, self.label)
        required_text(document, "taskType", self.label)
        return StoredObject(document)

    def routes(self) -> Routes:
        """Return the requests: a save of the settings is a POST."""
        task = "/projects/{key}/models/lab/{analysis}/{id}"
        return {
            "/projects/{key}/lab/{analysis}/models": {
                "GET": self.handle_list,
                "POST": self.handle_create,
            },
            task: {"DELETE": self.handle_delete},
            f"{task}/settings": {"GET": self.handle_get, "POST": self.handle_put},
        }

    def id_of(self, request: ApiRequest) -> str:
        """Return the ids of analysis and task in the path of a request."""
        return f"{request.path['analysis']}/{request.path['id']}"

    def handle_list(self, request: ApiRequest) -> Any:
        """List the tasks of an analysis."""
        analysis, project = request.path["analysis"], request.project()
        project.objects(ANALYSIS).stored(analysis)
        tasks = project.objects(self)
        return {
            "mlTasks": [
                {
                    "analysisId": analysis,
                    "mlTaskId": name.rpartition("/")[2],
                    "mlTaskName": tasks.get(name).get("name", ""),
                    "taskType": tasks.get(name)["taskType"],
                }
                for name in tasks.names()
                if name.startswith(f"{analysis}/")
            ]
        }

    def handle_create(self, request: ApiRequest) -> Any:
        """Refuse: DSS guesses the settings from the data."""
        raise NotInSandboxError(
            "Creating an ML task, which DSS guesses from data, is not in the sandbox"
        )

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete a task."""
        object_id = self.id_of(request)
        request.project().delete(self, object_id, request.login)
        return done(f"Deleted {self.label} {object_id}")

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Delete the tasks of an analysis that is deleted."""
        if kind is not ANALYSIS:
            return
        for name in project.objects(self).names():
            if name.startswith(f"{object_id}/"):
                project.delete(self, name, login)


ML_TASK = MLTaskKind(
    label="ML task",
    path="models/lab",
    file="analysis/{id}/params.json",
    other_files=("analysis/*/ml/*/params.json",),
    identity=Identity("id", generated_length=8, nested=True),
    fields=Fields(
        required=("taskType",),
        always={"labels": []},
        optional=frozenset("""
            assertionsParams backendType calibration containerSelection
            diagnosticsSettings envSelection guessPolicy id initiator
            managedFolderSmartId maxConcurrentModelTraining modeling partitionedModel
            predictionDisplayCharts predictionDisplayScript predictionType
            preprocessing sampling skipExpensiveReports sparkCheckpoint sparkParams
            sparkPreparedDFStorageLevel sparkRepartitionNonHDFS splitParams
            targetVariable time weight
            """.split()),
        versioned=False,
    ),
)
