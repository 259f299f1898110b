"""Jupyter notebooks: the name is in the path, the document is the notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, required_object
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import BY_NAME

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class NotebookKind(Kind):
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
        }

    def from_api(self, body: Any) -> StoredObject:
        """Return the notebook that a client PUTs."""
        return StoredObject(required_object(body, self.label))

    def handle_list(self, request: ApiRequest) -> Any:
        """List the names."""
        project = request.project()
        return [
            {"projectKey": project.project_key, "name": name, "language": "python"}
            for name in project.objects(self).names()
        ]

    def handle_create(self, request: ApiRequest) -> Any:
        """Create the notebook in the body."""
        object_id = self.id_of(request)
        fields = self.fields.known(required_object(request.body, self.label))
        request.project().objects(self).add(object_id, request.login, fields)
        return done(f"Created notebook {object_id}")


NOTEBOOK = NotebookKind(
    label="notebook",
    path="jupyter-notebooks",
    file="ipython_notebooks/{id}.ipynb",
    identity=BY_NAME,
    object_type="JUPYTER_NOTEBOOK",
    fields=Fields(
        always={"metadata": {}, "nbformat": 4, "nbformat_minor": 0},
        optional=frozenset({"cells", "worksheets"}),
        versioned=False,
    ),
)
