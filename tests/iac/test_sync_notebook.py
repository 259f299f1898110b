"""Reading Jupyter notebooks."""

import json
from typing import Any, ClassVar

import pytest

from dataikuapi.iac import UnsupportedValueError
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sandbox.kinds.notebook import NOTEBOOK
from dataikuapi.iac.sources.project_files import read_project_files
from dataikuapi.iac.types.registry import references_of
from iac.typed import KEY, TypeContract, changed_ids

EXPLORE = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": 3,
            "metadata": {"scrolled": True},
            "source": ["import dataiku\n", "token = 'not searched'"],
            "outputs": [{"output_type": "stream", "text": ["Jane Doe, 555-0100"]}],
        },
        {"cell_type": "markdown", "metadata": {}, "source": "# Orders"},
    ],
    "metadata": {
        "kernelspec": {"name": "py-dku-venv-py39", "language": "python"},
        "analyzedDataset": "orders",
        "associatedRecipe": "compute_orders",
        "creator": "ann",
    },
    "nbformat": 4,
    "nbformat_minor": 1,
}
EMPTY = {"cells": [], "metadata": {"kernelspec": {"name": "ir"}}}


def run(document):
    for cell in document["cells"]:
        cell["metadata"] = {"collapsed": True}
        if cell["cell_type"] == "code":
            cell.update(execution_count=9, outputs=[{"data": {"text/plain": "42"}}])
    document["metadata"].update(language_info={"name": "python"}, modifiedBy="bob")
    document["nbformat_minor"] = 5


def split_lines(document):
    for cell in document["cells"]:
        source = cell["source"]
        text = "".join(source) if isinstance(source, list) else source
        cell["source"] = text.splitlines(keepends=True)


class TestNotebook(TypeContract):
    """Jupyter notebooks, whose name is their id."""

    resource_type = "notebook"
    kind = NOTEBOOK
    objects: ClassVar[dict[str, Any]] = {
        "Explore orders": EXPLORE,
        "maria's R notebook": EMPTY,
    }
    path = "jupyter-notebooks/{id}"
    listing = "jupyter-notebooks/"
    edits = (
        lambda document: document["cells"].append(
            {"cell_type": "code", "source": "print(1)"}
        ),
        lambda document: document["metadata"]["kernelspec"].update(name="other"),
    )
    noise = (run, split_lines)

    def test_outputs_are_in_no_state(self, manager):
        """They may hold data."""
        text = json.dumps(manager.load_state().to_dict())
        assert "Jane Doe" not in text
        assert "execution_count" not in text
        assert "token = 'not searched'" in text

    def test_references(self, manager):
        """A notebook may belong to a recipe and a dataset."""
        notebook = manager.load_state()[self.resource_id("Explore orders")]
        found = {(item.resource_type, item.name) for item in references_of(notebook)}
        assert found == {("recipe", "compute_orders"), ("dataset", "orders")}

    def test_new_one_shows(self, manager, client):
        """The client creates it by name."""
        client.get_project(KEY).create_jupyter_notebook("New one", EXPLORE)
        assert changed_ids(manager) == [self.resource_id("New one")]


def test_notebook_of_an_older_format_is_named_rather_than_read_as_empty():
    """Before 2015 the cells were in worksheets; edits of those would be invisible."""
    notebook = {"worksheets": [{"cells": []}], "metadata": {}, "nbformat": 3}
    files = {
        "params.json": b"{}",
        "ipython_notebooks/old.ipynb": json.dumps(notebook).encode(),
    }
    with pytest.raises(
        UnsupportedValueError, match=r"notebook\.SHOP\.old: .* format 3"
    ):
        read_project_files(files, "SHOP", utc_now())
