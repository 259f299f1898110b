"""The notebook of week 1, run in a real kernel, and what it shows of our values."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from dataikuapi.iac import StateBackend
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.models import (
    ResourceDiffs,
)
from dataikuapi.iac.reports.html import changes_html, diff_html, render_html
from dataikuapi.iac.reports.notebook import resource_html, state_html
from iac.page import NOON, Page, modified, resource, state

NOTEBOOK = Path(__file__).parents[2] / "demos" / "week1_state_management.ipynb"


# The notebook

TOTAL = 38
"""How many objects the sample project has that are read by default."""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook, run from top to bottom in an empty folder; its cells by id.

    The kernel is that of this interpreter, whatever kernels are installed, and it is
    reached without the network. Paths of sockets have to be short.
    """
    folder = tmp_path_factory.mktemp("notebook")
    with tempfile.TemporaryDirectory(prefix="iac") as runtime:
        cells = run_notebook(folder, Path(runtime))
    assert (folder / ".dataiku/state/demo.state.json").is_file()
    return {cell["id"]: cell for cell in cells}


def run_notebook(folder, runtime):
    """Return the cells of the notebook, run in one folder, with sockets in another."""
    manager = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        transport="ipc",
        connection_file=str(runtime / "kernel.json"),
    )
    book = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        book, km=manager, timeout=60, resources={"metadata": {"path": str(folder)}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(runtime))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
        client.execute(cleanup_kc=True)
    return book.cells


def shown(executed, cell):
    """Return what a cell shows, as a browser does."""
    (output,) = executed[cell].outputs
    return Page(output["data"]["text/html"])


@pytest.mark.slow
def test_no_cell_fails_or_prints(executed):
    outputs = {
        name: [output["output_type"] for output in cell.get("outputs", [])]
        for name, cell in executed.items()
    }
    silent = {"sandbox", "maria", "end"}
    for name, cell in executed.items():
        is_silent = cell.cell_type == "markdown" or name in silent
        assert outputs[name] == ([] if is_silent else ["execute_result"]), name


@pytest.mark.slow
def test_it_shows_the_state_with_counts(executed):
    page = shown(executed, "sync")
    assert "State demo · serial 1 · 20" in page.text
    counts = {row[0]: row[1] for row in page.rows if len(row) == 2}
    assert (counts["dataset"], counts["project"], counts["recipe"]) == ("11", "1", "8")
    assert counts["total"] == f"{TOTAL}"
    assert [f"ORDERS_DEMO: {TOTAL} resources", False] in page.folds
    assert "dataset.ORDERS_DEMO.countries" in page.text


@pytest.mark.slow
def test_it_shows_that_nothing_changed(executed):
    page = shown(executed, "save")
    assert "No changes." in page.text
    assert page.row("all others") == ["0", "0", "0", f"{TOTAL}", "0"]


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["diff", "drift"])
def test_it_shows_what_changed(cell, executed):
    page = shown(executed, cell)
    assert page.row("total") == ["1", "1", "2", f"{TOTAL - 3}", "0"]
    assert "+ schema.columns[channel]: " in page.text
    assert '{"name": "channel", "type": "string"}' in page.text
    assert "+ print('done')\n" in page.text
    assert {"ins", "pre"} <= set(page.tags)
    headings = [heading for heading, _ in page.folds]
    assert any(
        heading.startswith("~ dataset.ORDERS_DEMO.countries 1 change · by maria, 20")
        for heading in headings
    )
    assert "- recipe.ORDERS_DEMO.recipe from notebook maria's scores" in page.text


@pytest.mark.slow
def test_it_shows_a_resource(executed):
    page = shown(executed, "resource")
    assert "recipe.ORDERS_DEMO.compute_orders_enriched" in page.text
    assert ["payload: 45 lines", False] in page.folds
    assert "write_with_schema(enriched[columns])\n" in page.text


@pytest.mark.slow
def test_it_shows_the_drift_and_that_a_refresh_ends_it(executed):
    tracked = f"Of {TOTAL} objects in DSS, {TOTAL - 1} are in the state."
    assert tracked in shown(executed, "drift").text
    assert executed["exit-code"].outputs[0]["data"]["text/plain"] == "2"
    page = shown(executed, "refresh")
    assert "No changes." in page.text
    assert f"All {TOTAL} objects in DSS are in the state." in page.text


def test_the_notebook_is_kept_clean():
    book = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata.kernelspec.name == "python3"
    assert all(re.fullmatch("[a-z-]+", cell["id"]) for cell in book.cells)
    for cell in book.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None


# Display


def things():
    """Return one of each kind, and its rendering."""
    diff = modified({"x": 1}, {"x": 2})
    diffs = ResourceDiffs([diff])
    return [
        (state(resource("a"), updated_at=NOON), state_html),
        (resource("a"), resource_html),
        (diff, diff_html),
        (diffs, render_html),
        (DriftReport(diffs, "dev", ("P",), NOON), lambda report: render_html(diffs)),
    ]


def test_a_notebook_shows_each_kind_as_html_and_as_text():
    formatter = DisplayFormatter()
    for thing, renderer in things():
        shown, _ = formatter.format(thing)
        assert shown["text/html"] == renderer(thing)
        assert shown["text/plain"] == repr(thing)


def test_importing_registers_nothing_in_ipython(tmp_path):
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "html = InteractiveShell.instance().display_formatter.formatters['text/html']\n"
        "import dataikuapi.iac\n"
        "print(html.type_printers, html.deferred_printers)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    assert result.stdout.strip() == "{} {}", result.stderr


def test_outside_of_ipython_it_is_not_imported():
    code = (
        "import sys, dataikuapi.iac\n"
        "print([name for name in sys.modules if name.lower().startswith('ipy')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_changes_show_themselves():
    diff = modified({"a": 1}, {"a": 2})

    assert "a: " in Page(diff.changes._repr_html_()).text
    assert "No changes." in Page(changes_html(())).text


def test_versions_show_themselves(backend):
    assert "There are no older versions." in backend.history()._repr_html_()

    for _ in range(2):
        backend.save(state())

    page = Page(backend.history()._repr_html_())
    assert "dev.state.pre-serial-" in page.text


def test_history_of_a_backend_without_one_shows_itself(backend):
    versions: Any = StateBackend.history(backend)

    assert "no older versions" in versions._repr_html_()
