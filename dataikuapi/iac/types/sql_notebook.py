"""SQL notebooks: their connection and queries, never the history of runs."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Path, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import Files, Layout, json_file, json_in
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    instance_reference_at,
    text_at,
)

__all__ = ["SqlNotebookType"]

_FOLDER, _FILE = "notebooks/sql", "params.json"


class _SqlNotebookFolder(Layout):
    """A folder for each notebook; the history of its runs is beside it."""

    def names(self, files: Files) -> list[str]:
        """Return the ids."""
        return sorted(
            path.split("/")[2]
            for path in files
            if path.startswith(f"{_FOLDER}/")
            and path.endswith(f"/{_FILE}")
            and path.count("/") == 3
        )

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether the folder is there."""
        return any(path.startswith(f"{_FOLDER}/") for path in paths)

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the notebook with what the API adds to it."""
        document = json_in(files, f"{_FOLDER}/{name}/{_FILE}")
        return {"document": {**document, "projectKey": project_key, "id": name}}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file."""
        kept = {
            key: value
            for key, value in attributes.items()
            if key not in ("projectKey", "id")
        }
        return {f"{_FOLDER}/{name}/{_FILE}": json_file(kept)}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file; the history of runs beside it is not of the notebook."""
        if f"{_FOLDER}/{name}/{_FILE}" in files:
            yield f"{_FOLDER}/{name}/{_FILE}"


class SqlNotebookType(ListedType):
    """A SQL notebook. Of 3,266 edits in real histories, 3,110 only add a run."""

    name = "sql_notebook"
    noun = "SQL notebook"
    listing = "sql-notebooks/"
    required_lists = ("cells",)
    layout = _SqlNotebookFolder()
    volatile: ClassVar[Volatile] = {
        ("queries",): "the history of runs: 3,110 of 3,266 edits",
        ("createdOn",): "bookkeeping of older versions",
        ("createdBy",): "bookkeeping of older versions",
        ("creator",): "bookkeeping of older versions",
        ("lastModifiedOn",): "bookkeeping of older versions",
        ("lastModifiedBy",): "bookkeeping of older versions",
        ("allContributors",): "bookkeeping of older versions",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "connection": "",
        "cells": [],
        "automationLocal": False,
        "tags": [],
        "customFields": {},
    }
    code: ClassVar[frozenset[Path]] = frozenset({("cells", "code")})
    severities: ClassVar[Severities] = {
        ("connection",): Severity.CONNECTION,
        ("cells",): Severity.CODE,
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the connection."""
        return instance_reference_at(attributes, "connection", "connection")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the connection, and how many cells it has."""
        if text_at(attributes, "connection"):
            yield Fact("connection", (text_at(attributes, "connection"),))
        cells = attributes.get("cells")
        if isinstance(cells, list):
            yield Fact("cells", (f"{len(cells)}",))
