"""Jupyter notebooks: the name is in the path, the document is the notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, required_object
from dataikuapi.iac.sandbox.kinds.base import Routes, done
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import BY_NAME
from dataikuapi.iac.sandbox.kinds.of_dataset import OfDatasetKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class NotebookKind(OfDatasetKind):
    """Jupyter notebooks."""

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return nothing: a notebook does not know its name."""
        return {}

    def routes(self) -> Routes:
        """Return the requests for the list, and for each notebook."""
        base = f"/projects/{{key}}/{self.path}"
        item = f"{base}/{self.identity.route_parameter}"
        return {
            base: {"GET": self.handle_list},
            item: {
                "GET": self.handle_get,
                "POST": self.handle_create,
                "PUT": self.handle_put,
                "DELETE": self.handle_delete,
            },
            f"{item}/outputs": {"DELETE": self.handle_clear},
        }

    def from_api(self, body: Any) -> StoredObject:
        """Return the notebook that a client PUTs."""
        return StoredObject(_numbered(required_object(body, self.label)))

    def handle_list(self, request: ApiRequest) -> Any:
        """List the names."""
        project = request.project()
        return [
            {"projectKey": project.project_key, "name": name, "language": "python"}
            for name in project.objects(self).names()
        ]

    def handle_create(self, request: ApiRequest) -> Any:
        """Create the notebook in the body."""
        return done(f"Created notebook {self.create(request)}")

    def prototype(self, request: ApiRequest) -> Document:
        """Return the notebook in the body, with the name in the path."""
        return {**super().prototype(request), "name": self.id_of(request)}

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return the notebook, as Jupyter writes it."""
        notebook = super().new_object(request, prototype).document
        return StoredObject(_numbered(_without_name(notebook)))

    def handle_clear(self, request: ApiRequest) -> Any:
        """Drop what the cells of a notebook have put out."""
        project, object_id = request.project(), self.id_of(request)
        with project.lock:
            notebook = project.objects(self).get(object_id)
            for cell in notebook.get("cells", []):
                if "outputs" in cell:
                    cell["outputs"] = []
            project.objects(self).save(object_id, notebook, request.login)
        return done(f"Cleared notebook {object_id}")


def _without_name(notebook: Document) -> Document:
    return {key: value for key, value in notebook.items() if key != "name"}


def _numbered(notebook: Document) -> Document:
    """Return the notebook with a number at each cell that has null in its place."""
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        return notebook
    numbered = [
        (
            {**cell, "execution_count": cell["execution_count"] or 0}
            if isinstance(cell, dict) and "execution_count" in cell
            else cell
        )
        for cell in cells
    ]
    return {**notebook, "cells": numbered}


NOTEBOOK = NotebookKind(
    label="notebook",
    path="jupyter-notebooks",
    file="ipython_notebooks/{id}.ipynb",
    identity=BY_NAME,
    dataset_at=("metadata", "analyzedDataset"),
    object_type="JUPYTER_NOTEBOOK",
    fields=Fields(
        always={"metadata": {}, "nbformat": 4, "nbformat_minor": 0},
        optional=frozenset({"cells", "worksheets"}),
        versioned=False,
    ),
)
