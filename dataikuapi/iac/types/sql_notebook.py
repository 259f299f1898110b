"""SQL notebooks: their connection and queries, never the history of runs."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Path, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.named_path import NamedPath
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    instance_reference_at,
    text_at,
)
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["SqlNotebookType"]


class SqlNotebookType(ListedType):
    """A SQL notebook. Of 3,266 edits in real histories, 3,110 only add a run."""

    name = "sql_notebook"
    writing = Writing(writer=ListedWriter("sql-notebooks/", "sql-notebooks/{name}"))
    noun = "SQL notebook"
    listing = "sql-notebooks/"
    required_lists = ("cells",)
    layout = NamedPath("notebooks/sql/*/params.json")
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
