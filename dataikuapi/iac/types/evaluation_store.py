"""Evaluation stores: how they are set up, never the evaluations in them."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.base import Documents, Project
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import Fact, text_at
from dataikuapi.iac.types.requests import get_json, post_json
from dataikuapi.iac.types.shapes import expect_items
from dataikuapi.iac.types.writers import ListedWriter, key_of
from dataikuapi.iac.types.writing import Writing

__all__ = ["EvaluationStoreType"]


class _StoreWriter(ListedWriter):
    """What is evaluated is asked for as a store is created, and is not in the body."""

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the name; the rest is saved later."""
        document = documents["document"]
        path = f"{self.listing}?flavor={document.get('mesFlavor') or 'TABULAR'}"
        body = {"projectKey": key_of(project), "name": document["name"]}
        return self.name_in(post_json(project, path, body))


class EvaluationStoreType(ListedType):
    """An evaluation store of models, of LLMs or of agents."""

    name = "evaluation_store"
    writing = Writing(
        takes_recipes=True,
        contents_after_delete="its evaluations are lost for good",
        loses_contents=True,
        writer=_StoreWriter("evaluationstores/", "evaluationstores/{name}"),
    )
    requests = "2 + N: stores of agents have a listing of their own"
    listing = "evaluationstores/"
    required = ("name",)
    layout = ObjectFolder("model_evaluation_stores")
    volatile: ClassVar[Volatile] = {
        ("displayParams",): "UI state: the charts of the page, 49 of 70 edits",
        ("metrics", "displayedState"): "UI state: which metrics are displayed",
        ("metricsChecks", "displayedState"): "UI state: which checks are displayed",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "governSyncOptOut": False,
        "tags": [],
        "customFields": {},
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the ids only. The default listing has no stores of agents."""
        found = super().list_documents(project)
        of_agents = get_json(project, f"{self.listing}?flavor=AGENT")
        # An older DSS does not know flavors, and lists the same stores again.
        return {**found, **dict.fromkeys(expect_items(of_agents, self.key))}

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return what is evaluated, if it says so."""
        if text_at(attributes, "mesFlavor"):
            yield Fact("flavor", (text_at(attributes, "mesFlavor"),))
