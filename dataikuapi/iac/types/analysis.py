"""Visual analyses: script and charts on a dataset; their models are apart."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Path, Project, Severities
from dataikuapi.iac.types.charts import CHART_STATE
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.mentions import mentions_in
from dataikuapi.iac.types.named_path import NamedPath
from dataikuapi.iac.types.prepare_script import (
    SCREEN_STATE,
    STEP_SCREEN_STATE,
    without_screen_state,
)
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    references_at,
    text_at,
    value_at,
)
from dataikuapi.iac.types.shapes import ListShape, ObjectShape, Shape
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["AnalysisType"]

_SCRIPT: Path = ("script",)


class _AnalysisWriter(ListedWriter):
    """A new analysis is one of a dataset, and no more; the rest is saved later."""

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the name of the dataset."""
        return {"inputDataset": document["inputDatasetSmartName"]}


class AnalysisType(ListedType):
    """A visual analysis: steps, as a prepare recipe has them, and charts.

    Names are not unique: 21 of 75 public projects have duplicates.
    """

    name = "analysis"
    plural = "analyses"
    writing = Writing(
        contents_after_delete="the models in it are lost for good",
        loses_contents=True,
        writer=_AnalysisWriter("lab/", "lab/{name}/"),
    )
    listing = "lab/"
    item = "lab/{name}/"
    key = "analysisId"
    required = ("inputDatasetSmartName",)
    layout = NamedPath("analysis/*/core_params.json")
    volatile: ClassVar[Volatile] = {
        **{(*_SCRIPT, *path): reason for path, reason in SCREEN_STATE.items()},
        **{
            (*_SCRIPT, "steps", *path): reason
            for path, reason in STEP_SCREEN_STATE.items()
        },
    }
    volatile_anywhere: ClassVar[Mapping[str, str]] = CHART_STATE
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "script": {},
        "charts": [],
        "tags": [],
        "customFields": {},
    }
    constants: ClassVar[Constants] = {
        ("checklists",): ({"checklists": []},),
    }
    severities: ClassVar[Severities] = {
        ("inputDatasetSmartName",): Severity.CODE,
        ("script",): Severity.CODE,
        ("charts",): Severity.DESCRIPTION,
    }

    @classmethod
    def shapes(cls) -> Mapping[str, Shape]:
        """Return the shapes: only the listing calls the id ``analysisId``."""
        own = {"projectKey": "project"}
        return {
            "/projects/{project}/lab/": ListShape(cls.key, ObjectShape(identity=own)),
            "/projects/{project}/lab/{name}/": ObjectShape(
                required=dict.fromkeys(cls.required, str),
                optional={"script": dict, "charts": list},
                identity={**own, "id": "name"},
            ),
        }

    def without_noise(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Remove which steps the page highlights inside of groups of steps, too."""
        cleaned = super().without_noise(attributes)
        if isinstance(cleaned.get("script"), dict):
            script = cast(dict[str, JSON], cleaned["script"])
            cleaned["script"] = without_screen_state(script)
        return cleaned

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the dataset that is analyzed, and those that its script joins."""
        yield from references_at(attributes, "dataset", "inputDatasetSmartName")
        yield from mentions_in(value_at(attributes, *_SCRIPT), "/script")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the dataset, and how many steps and charts there are."""
        if text_at(attributes, "inputDatasetSmartName"):
            yield Fact("dataset", (text_at(attributes, "inputDatasetSmartName"),))
        for label, path in (("steps", (*_SCRIPT, "steps")), ("charts", ("charts",))):
            items = value_at(attributes, *path)
            if isinstance(items, list) and items:
                yield Fact(label, (f"{len(items)}",))
