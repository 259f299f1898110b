"""Reading SQL notebooks."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.sql_notebook import SQL_NOTEBOOK
from dataikuapi.iac.types.lookup import references_of
from iac.typed import TypeContract

ORDERS = {
    "name": "Look at orders",
    "connection": "pg.main",
    "cells": [
        {"id": "c1", "type": "QUERY", "code": "SELECT 1 -- password=x"},
        {"id": "c2", "type": "MD", "code": "Orders"},
    ],
}
EMPTY = {"name": "Nothing yet", "connection": "snow"}


class TestSqlNotebook(TypeContract):
    """SQL notebooks."""

    resource_type = "sql_notebook"
    kind = SQL_NOTEBOOK
    objects: ClassVar[dict[str, Any]] = {"Sq12Ll34": ORDERS, "Sq56Ll78": EMPTY}
    path = "sql-notebooks/{id}"
    listing = "sql-notebooks/"
    edits = (
        lambda document: document["cells"].append({"id": "n", "code": "SELECT 2"}),
        lambda document: document.update(connection="other"),
    )

    def test_runs_are_no_change(self, manager, shop):
        """Each run adds an entry to the history."""
        notebooks = shop.project("SHOP").objects(SQL_NOTEBOOK)
        run = [{"state": "DONE", "startedOn": 1}]
        notebooks.save("Sq12Ll34", {**notebooks.get("Sq12Ll34"), "queries": run}, "a")
        assert manager.drift().in_sync

    def test_references_and_code(self, manager):
        """A notebook is of a connection; SQL is not searched for secrets."""
        notebook = manager.load_state()[self.resource_id("Sq12Ll34")]
        assert [item.name for item in references_of(notebook)] == ["pg.main"]
        assert "password=x" in str(notebook.attributes)
