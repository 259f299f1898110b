"""Reading Jupyter notebooks."""

import copy
import json
from typing import Any, ClassVar

import pytest

from dataikuapi.iac import SourceError
from dataikuapi.iac.sandbox.kinds.notebook import NOTEBOOK
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.types.lookup import references_of
from iac.sandbox.project_files import as_files
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
OLD = {
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Or\n", "ders"]},
                {
                    "cell_type": "code",
                    "input": ["import dataiku\n", "x = 1"],
                    "language": "python",
                    "outputs": [{"output_type": "stream", "text": "Jane Doe"}],
                    "prompt_number": 3,
                },
            ],
            "metadata": {},
        },
        {"cells": [{"cell_type": "raw", "source": "as it is"}], "metadata": {}},
    ],
    "metadata": {"name": "Old one"},
    "nbformat": 3,
    "nbformat_minor": 0,
}
UPGRADED = {
    "cells": [
        {"cell_type": "markdown", "source": "## Or ders"},
        {"cell_type": "code", "source": "import dataiku\nx = 1"},
        {"cell_type": "raw", "source": "as it is"},
    ],
    "metadata": {},
    "nbformat": 4,
}
"""The same as Jupyter saves it after somebody has opened it."""
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

    def test_older_format_is_read_as_jupyter_upgrades_it(self, manager, client):
        """Its cells are in worksheets; an edit of one shows, an upgrade does not."""
        project = client.get_project(KEY)
        project.create_jupyter_notebook("Old one", OLD)
        manager.refresh()
        rid = self.resource_id("Old one")
        assert manager.load_state()[rid].attributes == UPGRADED
        assert "Jane Doe" not in manager.backend.state_file.read_text("utf-8")
        edited: dict[str, Any] = copy.deepcopy(OLD)
        edited["worksheets"][0]["cells"][1]["input"][1] = "x = 2"
        self.put(client, "Old one", edited)
        assert changed_ids(manager) == [rid]
        self.put(client, "Old one", OLD)
        assert changed_ids(manager) == []
        project.get_jupyter_notebook("Old one").delete()
        project.create_jupyter_notebook("Old one", UPGRADED)
        assert changed_ids(manager) == []

    def test_document_without_cells_is_unknown(self, manager, shop):
        """That is no notebook of any format, rather than an empty one."""
        notebooks = shop.project(KEY).objects(NOTEBOOK)
        document = notebooks.get("Explore orders")
        del document["cells"]
        notebooks.save("Explore orders", document, "ann")
        report = manager.drift()
        unknown = [item.resource_id for item in report.unknown]
        assert unknown == [self.resource_id("Explore orders")]
        assert not report.changed


def test_older_format_in_git_is_read_as_well(tmp_path):
    state = read(tmp_path, OLD)
    assert state["notebook.SHOP.Old one"].attributes == UPGRADED


@pytest.mark.parametrize(
    "document", [{}, {"cells": None}, {"worksheets": {}}, {"worksheets": [{}]}]
)
def test_file_without_cells_is_refused(document, tmp_path):
    with pytest.raises(SourceError, match="Old one.ipynb is not a notebook"):
        read(tmp_path, document)


def read(folder, document):
    """Read a project of one notebook from its files."""
    files = as_files({"params.json": {}, "ipython_notebooks/Old one.ipynb": document})
    for path, content in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return open_files(str(folder), project_key=KEY).read(types=["project", "notebook"])
