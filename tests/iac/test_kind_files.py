"""Every type of object inside a project has files, and these hold all of it."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, Resource, SourceError, StateManager
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sources import open_files, pull_project
from dataikuapi.iac.types import TYPES
from iac.histories import files_in, write_files
from iac.kind_files import KINDS, LAB, kind_files
from iac.pulling import checksums, state_of

KEY = "SHOP"
IN_PROJECTS = [name for name, kind in TYPES.items() if not kind.is_on_instance]


def test_every_type_in_projects_has_files():
    assert [name for name in IN_PROJECTS if TYPES[name].layout is None] == []


def read(serve, files, types):
    """Return what an instance with these files serves."""
    store = ProjectStore()
    store.load_files(KEY, files)
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        return StateManager.local(client, "dev", types=types).sync_project(KEY)


@pytest.mark.skipif(not KINDS.exists(), reason=f"no real documents at {KINDS}")
def test_real_documents_of_all_types(serve, tmp_path):
    files = kind_files()
    live = read(serve, files, IN_PROJECTS)
    layouts = {name: TYPES[name].layout for name in IN_PROJECTS}
    shown = {name for name, layout in layouts.items() if layout and layout.names(files)}
    assert {item.resource_type for item in live} >= shown >= {"insight", "ml_task"}
    committed = write_files(tmp_path / "committed" / KEY, files)
    pulled = tmp_path / KEY
    pull_project(live, pulled, local_files=True)
    assert checksums(open_files(str(pulled)).read()) == checksums(live)
    of_dss = open_files(str(committed)).read()
    assert [diff for diff in DiffEngine().diff(of_dss, live) if diff.has_changed] == []


@pytest.mark.all_types
def test_lab_is_pulled_and_compared(run, store, server, tmp_path):
    store.load_files("LAB", LAB)
    (tmp_path / "dataiku-iac.yaml").write_text(f"types: [{', '.join(IN_PROJECTS)}]")
    folder = tmp_path / "LAB"
    assert run("pull", "--project", "LAB")[0] == 0
    assert LAB.keys() <= files_in(folder).keys()
    assert run("diff", "./LAB", "live:dev")[0] == 0

    others = folder / "analysis" / "a1" / "ml" / "t1" / "sessions" / "s1.json"
    write_files(others.parent, {others.name: b"{}"})
    lab = DSSClient(server.url, server.api_key).get_project("LAB")
    lab.get_analysis("a1").delete()
    lab.get_dataset("orders").get_statistics_worksheet("w1").delete()
    code, out, _ = run("diff", "./LAB", "live:dev")
    assert code == 2 and "3 removed" in out
    assert "- ml_task.LAB.a1/t1" in out
    _, out, _ = run("pull", "--project", "LAB")
    assert sorted(line[4:] for line in out.splitlines() if line[:4] == "  - ") == [
        "analysis/a1/core_params.json",
        "analysis/a1/ml/t1/params.json",
        "statistics_worksheets/w1.json",
    ]
    assert others.exists(), "it is no object's"
    assert run("diff", "./LAB", "live:dev")[0] == 0


@pytest.mark.parametrize("name", ["t1", "a1/", "/t1", "a1/b/c"])
def test_name_that_cannot_be_that_of_files(tmp_path, name):
    task = Resource("ml_task", f"ml_task.SHOP.{name}", {"taskType": "X"})
    state = state_of(task, types=("project", "ml_task"))
    with pytest.raises(SourceError, match="cannot have a file"):
        pull_project(state, tmp_path / "x")
