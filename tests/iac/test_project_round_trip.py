"""Whole projects through the commands as people type them: pull, and diff with DSS."""

import json
import shutil

import pytest

from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.registry import default_types
from iac.pulling import checksums, files_in

IN_PROJECTS = [name for name, kind in TYPES.items() if not kind.is_on_instance]

pytestmark = [pytest.mark.all_types, pytest.mark.campaign]


@pytest.fixture(params=[False, True], ids=["default types", "all types"])
def types(request, tmp_path):
    """The names of the types that are read."""
    if not request.param:
        return default_types()
    config = f"types: {json.dumps(IN_PROJECTS)}\n"
    (tmp_path / "dataiku-iac.yaml").write_text(config)
    return IN_PROJECTS


@pytest.fixture
def key(project_folder, serve, run, monkeypatch):
    """The key of the only project of an instance."""
    store = ProjectStore()
    key = store.load_folder(project_folder)
    with serve(store) as server:
        monkeypatch.setenv("DATAIKU_HOST", server.url)
        monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)
        yield key


@pytest.fixture
def equal(run):
    """Return how many objects diff finds to be equal, if it finds no others."""

    def counted(old, new):
        code, out, err = run("diff", old, new, "--format", "json")
        report = json.loads(out)
        assert (code, report["resources"], report["unknown"]) == (0, [], []), err
        return report["summary"]["unchanged"]

    return counted


def test_files_are_what_the_instance_has(
    run, equal, key, types, project_folder, tmp_path
):
    """Those that pull wrote, and those that DSS committed; pulling again writes 0."""
    assert run("pull", "--project", key, "--local-variables")[0] == 0
    before = files_in(tmp_path)
    assert equal(f"./{key}", "live:dev") >= 9
    code, out, _ = run("pull", "-q")
    assert code == 0
    assert out.startswith(f"{key} in {key}: 0 written, 0 removed, ")
    assert files_in(tmp_path) == before

    # Files need not have local variables; these are unknown then, and not compared.
    (tmp_path / key / "localvariables.json").unlink()
    committed = tmp_path / "committed" / key
    shutil.copytree(project_folder, committed)
    (committed / "localvariables.json").unlink(missing_ok=True)
    pulled = open_files(key).read()
    assert checksums(pulled) == checksums(open_files(str(committed)).read(types=types))
    assert len(pulled) >= 9
    for old, new in (
        (f"./{key}", "live:dev"),
        (project_folder, "live:dev"),
        (committed, f"./{key}"),
    ):
        assert equal(old, new) == len(pulled), (old, new)
