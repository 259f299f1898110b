"""SQL notebooks; the history of their runs is not served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, required_text
from dataikuapi.iac.sandbox.errors import InvalidDocumentError
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class SqlNotebookKind(Kind):
    """SQL notebooks."""

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a notebook and return it; the body has to name the project."""
        return request.project().objects(self).get(self.create(request))

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return the notebook in the body, which has to be for the same project."""
        key = required_text(prototype, "projectKey", self.label)
        if key != request.project().project_key:
            raise InvalidDocumentError(f"The notebook is for project {key}")
        return super().new_object(request, prototype)

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace a notebook and return it."""
        super().handle_put(request)
        return self.handle_get(request)


SQL_NOTEBOOK = SqlNotebookKind(
    label="SQL notebook",
    path="sql-notebooks",
    file="notebooks/sql/{id}/params.json",
    identity=generated_id(8),
    object_type="SQL_NOTEBOOK",
    list_fields={"projectKey": None, "id": None, "name": None, "connection": None},
    fields=Fields(
        always={
            "name": "",
            "connection": "",
            "cells": [],
            "automationLocal": False,
            "tags": [],
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset({"id", "description", "shortDesc", "customFields"}),
    ),
)
