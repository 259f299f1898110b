"""Saved models: their settings and which version is active, never the models."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types import ml_settings
from dataikuapi.iac.types.active_version import (
    activate,
    require_version,
    with_members_of,
)
from dataikuapi.iac.types.base import Documents, Path, Project, Severities
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.mentions import mentions_in
from dataikuapi.iac.types.references import Fact, Reference, text_at
from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["FOLDER", "SavedModelType", "is_agent", "is_rag_model"]

_TASK = "miniTask"
"""The settings of the task that a model was trained by."""

FOLDER = "saved_models"
"""Of the files of saved models, agents and retrieval-augmented LLMs alike."""


def is_agent(saved_model_type: object) -> bool:
    """Return whether a saved model of that type is an agent."""
    return isinstance(saved_model_type, str) and saved_model_type.endswith("_AGENT")


def is_rag_model(saved_model_type: object) -> bool:
    """Return whether a saved model of that type is a retrieval-augmented LLM."""
    return saved_model_type == "RETRIEVAL_AUGMENTED_LLM"


def _is_model(document: Mapping[str, Any]) -> bool:
    kind = document.get("savedModelType")
    return not (is_agent(kind) or is_rag_model(kind))


class _ModelWriter(ListedWriter):
    """Which version is active is changed by an action."""

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the document and activate a version, each only if it differs."""
        before, after = old["document"], new["document"]
        require_version(project, name, before, after)
        kept = with_members_of(before, after, "activeVersion")
        saves = 0
        if not json_equal(before, kept):
            send(project, "PUT", self.path(name), kept)
            saves += 1
        return saves + activate(project, name, before, after)


class SavedModelType(ListedType):
    """A saved model. Training moves the active version; that is shown, too.

    DSS lists agents and retrieval-augmented LLMs among the saved models; they are types
    of their own.
    """

    name = "saved_model"
    writing = Writing(
        takes_recipes=True,
        contents_after_delete="its versions are lost for good",
        loses_contents=True,
        writer=_ModelWriter("", "savedmodels/{name}"),
        uncreatable=(
            "this library creates no models: train and deploy it in DSS, or create an "
            "external one there"
        ),
    )
    listing = "savedmodels/"
    required = ("name",)
    layout = ObjectFolder(FOLDER, owns=_is_model)
    volatile: ClassVar[Volatile] = {
        ("lastTrainIndex",): "counts trainings: 27 of 220 edits",
        ("lastTrainJobId",): "the job of the last training: 24 of 220 edits",
        ("lastExportedFrom",): "where in the lab it was deployed from: 55 of 220 edits",
        **{(_TASK, *path): why for path, why in ml_settings.VOLATILE.items()},
        ("metrics", "displayedState"): "UI state: which metrics are displayed",
        ("metricsChecks", "displayedState"): "UI state: which checks are displayed",
        ("inlineVersions", "versionTag"): "who saved the version last: bookkeeping",
        ("inlineVersions", "creationTag"): "who created the version: bookkeeping",
        ("inlineVersions", "quickTestQuery"): "UI state: the query of the test tab",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "savedModelType": "DSS_MANAGED",
        "partitioning": {
            "ignoreNonMatchingFile": False,
            "considerMissingRequestedPartitionsAsEmpty": False,
            "dimensions": [],
        },
        "flowOptions": {
            "virtualizable": False,
            "rebuildBehavior": "NORMAL",
            "crossProjectBuildBehavior": "DEFAULT",
        },
        "tags": [],
        "customFields": {},
    }
    # Added by upgrades, as those of the task.
    constants: ClassVar[Constants] = {
        ("flowOptions", "ignoreErrorStatusOnBuild"): (False,),
        (_TASK, "labels"): ([],),
        **{(_TASK, *path): values for path, values in ml_settings.CONSTANTS.items()},
    }
    code: ClassVar[frozenset[Path]] = frozenset(
        (_TASK, *path) for path in ml_settings.CODE
    )
    severities: ClassVar[Severities] = {
        ("activeVersion",): Severity.CODE,
        ("inlineVersions",): Severity.CODE,
        (_TASK,): Severity.CODE,
        **{(_TASK, *path): found for path, found in ml_settings.SEVERITIES.items()},
    }

    def is_own(self, item: Mapping[str, Any]) -> bool:
        """Return whether an item of the listing is neither agent nor RAG model."""
        types = (item.get("savedModelType"), item.get("type"))
        return not any(is_agent(kind) or is_rag_model(kind) for kind in types)

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the model.

        Raises:
            ResourceNotFoundError: if it is an agent, which DSS serves here as well.
        """
        documents = super().fetch_documents(project, name)
        if not self.is_own(documents[self.main]):
            is_rag = is_rag_model(documents[self.main].get("savedModelType"))
            key, kind = project.project_key, "rag_model" if is_rag else "agent"
            raise ResourceNotFoundError(
                f"there is no saved model {name[:200]} in project {key}: its id is "
                f"{kind}.{key}.{name[:200]}"
            )
        return documents

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the code environment, and what else its training refers to."""
        return mentions_in(attributes.get("miniTask"), "/miniTask")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the kind of task, the target, and the active version."""
        for label, *path in (
            ("task", "miniTask", "taskType"),
            ("target", "miniTask", "targetVariable"),
            ("active version", "activeVersion"),
        ):
            if text_at(attributes, *path):
                yield Fact(label, (text_at(attributes, *path),))
