"""Pull: projects of an instance, as files in git's layout."""

import hashlib
import json
import shutil

import pytest

from dataikuapi.iac import DiffEngine, PullConflictError, Resource, SourceError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sandbox import sample_folder
from dataikuapi.iac.sources import open_files, pull_project
from dataikuapi.iac.sources.pull import prepare_pull
from iac.pulling import (
    KEY,
    checksums,
    dataset,
    files_in,
    read_live,
    recipe,
    state_of,
    variables,
)

MARKER = ".dataiku-iac.json"


@pytest.fixture
def folder(tmp_path):
    """Where the project goes."""
    return tmp_path / KEY


def times_in(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def marker_in(folder):
    return json.loads((folder / MARKER).read_text("utf-8"))


# Whole projects


def test_project_reads_back_the_same(project_folder, store, serve, tmp_path, folder):
    key = store.load_folder(project_folder)
    with serve(store) as server:
        live = read_live(server, key, tmp_path)
    pull_project(live, folder, local_files=True)
    assert checksums(open_files(str(folder)).read()) == checksums(live)


def test_second_pull_touches_nothing(project_folder, store, serve, tmp_path, folder):
    key = store.load_folder(project_folder)
    with serve(store) as server:
        pull_project(read_live(server, key, tmp_path), folder)
        before = times_in(folder)
        result = pull_project(read_live(server, key, tmp_path), folder)
    assert (result.written, result.removed) == ((), ())
    assert times_in(folder) == before


def test_folder_that_dss_committed_gives_the_same_state(
    project_folder, store, serve, tmp_path, folder
):
    key = store.load_folder(project_folder)
    with serve(store) as server:
        live = read_live(server, key, tmp_path)
    pull_project(live, folder, local_files=True)
    committed = open_files(str(project_folder), project_key=key).read()
    diffs = DiffEngine().diff(committed, open_files(str(folder)).read())
    assert [diff for diff in diffs if diff.has_changed] == []


def test_pull_into_what_dss_committed(project_folder, store, serve, tmp_path, folder):
    """It replaces DSS's files, and leaves those that are no object's."""
    key = store.load_folder(project_folder)
    shutil.copytree(project_folder, folder)
    with serve(store) as server:
        live = read_live(server, key, tmp_path)
    pull_project(live, folder, force=True)
    pulled = pull_project(live, tmp_path / "fresh")
    for path in pulled.written:
        assert (folder / path).read_bytes() == (tmp_path / "fresh" / path).read_bytes()
    left = files_in(folder).keys() - pulled.written - {MARKER}
    assert left <= files_in(project_folder).keys()
    assert not any(path.endswith(".json") and "recipes/" in path for path in left)


# What is written


def test_only_what_differs_is_written(folder):
    pull_project(state_of(dataset("a"), dataset("b")), folder)
    before = times_in(folder)
    result = pull_project(state_of(dataset("a"), dataset("b", managed=True)), folder)
    assert (result.added, result.modified) == ((), ("datasets/b.json",))
    after = times_in(folder)
    changed = {path.name for path in after if path.is_file()} & {
        path.name for path in after if after[path] != before.get(path)
    }
    assert changed == {"b.json", MARKER}


def test_files_are_in_the_layout_of_git(folder):
    pull_project(
        state_of(dataset("a", tags=["x"]), recipe("r", "print(1)\r\n")), folder
    )
    assert (folder / "datasets" / "a.json").read_text("utf-8") == (
        '{\n  "type": "Inline",\n  "tags": [\n    "x"\n  ],\n  "params": {}\n}\n'
    )
    assert (folder / "recipes" / "r.py").read_bytes() == b"print(1)\r\n"
    assert set(files_in(folder)) == {
        MARKER,
        "params.json",
        "datasets/a.json",
        "recipes/r.json",
        "recipes/r.py",
    }


def test_dry_run_writes_nothing(folder):
    result = pull_project(state_of(dataset("a")), folder, dry_run=True)
    assert result.added == ("datasets/a.json", "params.json")
    assert not folder.exists()


def test_local_variables_are_optional(folder):
    state = state_of(variables({"a": 1}, {"b": 2}))
    pull_project(state, folder)
    assert "localvariables.json" not in files_in(folder)
    pull_project(state, folder, local_files=True)
    assert json.loads((folder / "localvariables.json").read_text("utf-8")) == {"b": 2}
    before = times_in(folder)
    pull_project(state, folder)
    assert times_in(folder) == before


def test_permissions_that_could_not_be_read_stay_in_the_file(folder):
    state = state_of()
    permissions = {"owner": "ann", "permissions": [{"group": "x"}]}
    state[f"project.{KEY}"].attributes["permissions"] = permissions
    pull_project(state, folder)
    state = state_of(unknown_in_part={f"project.{KEY}": ["permissions"]})
    state[f"project.{KEY}"].attributes["name"] = "New name"
    pull_project(state, folder)
    params = json.loads((folder / "params.json").read_text("utf-8"))
    assert params["permissions"] == [{"group": "x"}]
    assert params["owner"] == "ann"
    assert params["name"] == "New name"


# What is removed


def test_files_of_objects_that_are_gone_are_removed(folder):
    pull_project(state_of(dataset("a"), recipe("r"), recipe("s")), folder)
    result = pull_project(state_of(recipe("s")), folder)
    assert result.removed == ("datasets/a.json", "recipes/r.json", "recipes/r.py")
    assert set(files_in(folder)) == {
        MARKER,
        "params.json",
        "recipes/s.json",
        "recipes/s.py",
    }


def test_payload_of_an_earlier_type_is_removed(folder):
    pull_project(state_of(recipe("r", {"a": 1}, "join")), folder)
    result = pull_project(state_of(recipe("r", "select 1", "sql_query")), folder)
    assert result.removed == ("recipes/r.join",)
    assert (folder / "recipes" / "r.sql").read_text("utf-8") == "select 1"


def test_variables_that_are_gone_are_removed(folder):
    pull_project(state_of(variables({"a": 1}, {})), folder)
    result = pull_project(state_of(variables({}, {})), folder)
    assert result.removed == ("variables.json",)


def test_file_that_is_no_objects_is_never_removed(folder):
    pull_project(state_of(recipe("r"), dataset("a")), folder)
    others = ["recipes/r.md", "recipes/README", "datasets/a.data", "x.json", "lib/a.py"]
    for name in others:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    pull_project(state_of(), folder)
    assert set(files_in(folder)) == {MARKER, "params.json", *others}


def test_library_file_that_is_no_text_is_never_removed(folder):
    """A state holds its digest alone, so its content would be lost."""
    path = folder / "lib" / "python" / "model.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\x00")
    state = state_of(types=("project", "library_file"))
    attributes: dict[str, JSON] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest()
    }
    name = f"library_file.{KEY}.python/model.bin"
    state.resources[name] = Resource("library_file", name, attributes)
    pull_project(state, folder)
    pull_project(state_of(types=("project", "library_file")), folder, force=True)
    assert path.read_bytes() == b"\xff\x00"


def test_type_that_was_not_read_keeps_its_files(folder):
    pull_project(state_of(dataset("a"), recipe("r")), folder)
    result = pull_project(state_of(types=["project", "dataset"]), folder)
    assert result.removed == ("datasets/a.json",)
    assert "recipe" in marker_in(folder)["types"]


def test_object_that_could_not_be_read_keeps_its_files(folder):
    pull_project(state_of(recipe("r", "a"), recipe("s", "b")), folder)
    stored = recipe("r", "an older version that a state had")
    unknown = {f"recipe.{KEY}.r": "time-out"}
    result = pull_project(state_of(stored, unknown=unknown), folder)
    assert result.kept == ("recipes/r.json", "recipes/r.py")
    assert result.removed == ("recipes/s.json", "recipes/s.py")
    assert (folder / "recipes" / "r.py").read_text("utf-8") == "a"
    assert "recipe" in marker_in(folder)["types"]


def test_object_that_could_not_be_read_and_has_no_file_is_unknown(folder):
    """Or the folder would say that the object does not exist."""
    unknown = {f"recipe.{KEY}.r": "time-out"}
    pull_project(state_of(recipe("s"), unknown=unknown), folder)
    read = open_files(str(folder)).read()
    assert read.covers(f"recipe.{KEY}.s")
    assert "pull again" in read.unknown[f"recipe.{KEY}.r"]
    pull_project(state_of(recipe("s"), recipe("r")), folder)
    assert "unread" not in marker_in(folder)


def test_listing_that_failed_removes_nothing(folder):
    pull_project(state_of(recipe("r")), folder)
    unknown = {f"recipe.{KEY}.*": "time-out"}
    state = state_of(types=["project", "dataset"], unknown=unknown)
    assert pull_project(state, folder).removed == ()


def test_nothing_is_removed_from_a_folder_that_is_no_project(folder):
    (folder / "datasets").mkdir(parents=True)
    (folder / "datasets" / "x.json").write_text("{}")
    pull_project(state_of(dataset("a")), folder)
    assert (folder / "datasets" / "x.json").exists()


def test_folder_of_another_project_is_refused(folder):
    pull_project(state_of(dataset("a")), folder)
    before = files_in(folder)
    with pytest.raises(SourceError, match=f"has project {KEY}, not CRM"):
        pull_project(state_of(), folder, project_key="CRM")
    assert files_in(folder) == before


def test_state_of_several_projects_needs_a_key(folder):
    state = state_of(Resource("project", "project.CRM"))
    with pytest.raises(SourceError, match="CRM, SHOP"):
        pull_project(state, folder)


# What somebody changed


def edit(path):
    path.write_text("mine")


@pytest.mark.parametrize(
    "act, word", [(edit, "changed"), (lambda path: path.unlink(), "deleted")]
)
def test_file_that_somebody_changed_is_left(folder, act, word):
    pull_project(state_of(dataset("a"), recipe("r", "1")), folder)
    act(folder / "recipes" / "r.py")
    before = files_in(folder)
    new = state_of(dataset("b"), recipe("r", "2"))
    with pytest.raises(PullConflictError, match=f"recipes/r.py: {word}") as raised:
        pull_project(new, folder)
    assert raised.value.conflicts == {str(folder / "recipes/r.py"): word}
    assert files_in(folder) == before
    pull_project(new, folder, force=True)
    assert (folder / "recipes" / "r.py").read_text("utf-8") == "2"
    assert f"dataset.{KEY}.b" in open_files(str(folder)).read()


def test_changed_file_of_an_object_that_is_gone_is_left(folder):
    pull_project(state_of(recipe("r")), folder)
    edit(folder / "recipes" / "r.py")
    with pytest.raises(PullConflictError, match="recipes/r.py: changed"):
        pull_project(state_of(), folder)
    assert (folder / "recipes" / "r.json").exists()
    assert pull_project(state_of(), folder, force=True).removed


def test_file_that_pull_did_not_write_is_left(folder):
    folder.mkdir()
    (folder / "params.json").write_text("{}")
    with pytest.raises(PullConflictError, match="params.json: not from pull"):
        pull_project(state_of(), folder)


def test_file_that_is_as_wanted_is_no_conflict(folder, tmp_path):
    new = state_of(recipe("r", "2"))
    pull_project(new, tmp_path / "other")
    pull_project(state_of(recipe("r", "1")), folder)
    (folder / "recipes" / "r.py").write_text("2")
    assert pull_project(new, folder).conflicts == {}


def test_damaged_file_is_a_conflict_not_a_failure(folder):
    pull_project(state_of(recipe("r")), folder)
    for name in ("params.json", "recipes/r.json"):
        (folder / name).write_text("<<<<<<< HEAD")
    with pytest.raises(PullConflictError) as raised:
        pull_project(state_of(recipe("r")), folder)
    assert len(raised.value.conflicts) == 2
    pull_project(state_of(recipe("r")), folder, force=True)
    assert open_files(str(folder)).read()


# What a pull was interrupted in


def interrupted_pull(state, folder, monkeypatch, after):
    """Pull, and be killed after some files."""
    pull = prepare_pull(state, folder)
    assert pull.result.conflicts == {}
    write = pull._write
    written: list[str] = []

    def write_or_die(path, data):
        if len(written) == after:
            raise KeyboardInterrupt
        written.append(path)
        write(path, data)

    monkeypatch.setattr(pull, "_write", write_or_die)
    with pytest.raises(KeyboardInterrupt):
        pull.write()


@pytest.mark.parametrize("again", [0, 1, 2])
@pytest.mark.parametrize("after", range(1, 5))
def test_interrupted_pull_is_completed(folder, monkeypatch, after, again):
    """Even if the project changes again, so that nothing is as it is wanted."""
    pull_project(state_of(recipe("r", "1"), dataset("a"), dataset("z")), folder)
    second = state_of(recipe("r", "2"), dataset("b"), dataset("z", managed=True))
    interrupted_pull(second, folder, monkeypatch, after)
    third = state_of(recipe("r", "3"), dataset("a", managed=True), dataset("b", x=1))
    interrupted_pull(third, folder, monkeypatch, again)
    pull_project(third, folder)
    fresh = folder.with_name("fresh")
    pull_project(third, fresh)
    assert files_in(folder) == files_in(fresh)


def test_edit_after_an_interrupted_pull_is_seen(folder, monkeypatch):
    pull_project(state_of(recipe("r", "1"), dataset("a")), folder)
    second = state_of(recipe("r", "2"), dataset("a", managed=True))
    interrupted_pull(second, folder, monkeypatch, 2)
    edit(folder / "datasets" / "a.json")
    with pytest.raises(PullConflictError, match="datasets/a.json: changed"):
        pull_project(second, folder)


def test_first_pull_that_was_interrupted_covers_nothing(folder, monkeypatch):
    interrupted_pull(state_of(dataset("a"), dataset("b")), folder, monkeypatch, 2)
    assert marker_in(folder)["types"] == []
    with pytest.raises(SourceError, match="was interrupted"):
        open_files(str(folder)).read()


def test_temporary_file_of_a_killed_pull_is_removed(folder, monkeypatch):
    pull_project(state_of(dataset("a")), folder)
    second = state_of(dataset("a", managed=True))
    interrupted_pull(second, folder, monkeypatch, 1)
    left = folder / "datasets" / f".a.json.{'0' * 32}.tmp"
    left.write_text("half")
    pull_project(second, folder)
    assert not left.exists()


def test_sample_is_not_in_canonical_form_and_need_not_be(tmp_path):
    """What DSS wrote and what pull writes differ by what means nothing."""
    state = open_files(str(sample_folder()), project_key=KEY).read()
    pull_project(state, tmp_path / "x")
    again = open_files(str(tmp_path / "x")).read()
    assert not [d for d in DiffEngine().diff(state, again) if d.has_changed]
