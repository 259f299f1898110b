"""Projects in files: folders, revisions of git and archives."""

import json
import logging
import os
import shutil
import subprocess
import zipfile

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, SourceError, StateManager
from dataikuapi.iac.sandbox import sample_folder
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.sources.git import Git
from dataikuapi.iac.sources.pull import prepare_pull
from dataikuapi.iac.types import TYPES

KEY = "ORDERS_DEMO"


def with_layout():
    """Return the names of the types that are in git layout."""
    return [name for name, kind in TYPES.items() if kind.layout is not None]


def checksums(state):
    return {item.resource_id: item.metadata.checksum for item in state}


def git(folder, *arguments):
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    command = ["git", "-C", str(folder), *who, *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path):
    """The sample project in a folder of its own."""
    return shutil.copytree(sample_folder(), tmp_path / KEY)


@pytest.fixture
def repository(tmp_path, folder):
    """A repository with two commits: the sample project, and it with an edit."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    (folder / "recipes" / "compute_orders_enriched.py").write_text("print(1)\n")
    git(tmp_path, "commit", "-qam", "second")
    return tmp_path


def test_folder_equals_what_an_instance_serves(project_folder, store, serve, tmp_path):
    """The same ids and the same checksums, but for what files cannot tell."""
    key = store.load_folder(project_folder)
    with serve(store) as server:
        manager = StateManager(
            LocalFileBackend(tmp_path / "s.json"),
            DSSClient(server.url, server.api_key),
            "dev",
            types=with_layout(),
        )
        live = manager.sync_project(key)
    files = open_files(str(project_folder), project_key=key).read(types=with_layout())
    assert [diff for diff in DiffEngine().diff(files, live) if diff.has_changed] == []
    read = checksums(files)
    differing = {key for key, value in checksums(live).items() if read[key] != value}
    assert differing <= {f"variables.{key}"}


def test_key_is_that_of_the_folder(folder):
    assert open_files(str(folder)).project_key == KEY
    moved = folder.rename(folder.with_name("orders – Démo 2"))
    assert open_files(str(moved)).project_key == "ORDERS_DEMO_2"
    assert open_files(str(moved), project_key="SHOP").project_key == "SHOP"


def break_json(folder):
    (folder / "datasets" / "orders.json").write_text('{"type": ')


def break_text(folder):
    (folder / "recipes" / "compute_orders_enriched.py").write_bytes(b"\xff\xfe")


def make_list(folder):
    (folder / "params.json").write_text("[]")


def nest_deep(folder):
    deep = '{"a":' * 100_000
    (folder / "datasets" / "orders.json").write_text(deep)


def put_nan(folder):
    (folder / "datasets" / "orders.json").write_text('{"type": "S3", "x": NaN}')


def make_fifo(folder):
    path = folder / "datasets" / "orders.json"
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "damage, message",
    [
        (break_json, "datasets/orders.json is not JSON"),
        (break_text, "recipes/compute_orders_enriched.py is not UTF-8"),
        (make_list, "params.json is not a JSON object"),
        (nest_deep, "datasets/orders.json is not JSON"),
        (put_nan, "dataset.ORDERS_DEMO.orders has a value"),
        (make_fifo, "cannot read datasets/orders.json"),
        (lambda folder: (folder / "params.json").unlink(), "there is no params.json"),
    ],
)
def test_file_that_is_not_what_dss_writes_is_named(folder, damage, message):
    damage(folder)
    with pytest.raises(Exception, match=message) as raised:
        open_files(str(folder)).read()
    assert type(raised.value).__module__ == "dataikuapi.iac.exceptions"


def test_folder_that_is_none(tmp_path):
    for path, message in (
        (tmp_path / "none", "does not exist"),
        (tmp_path, "is empty"),
    ):
        with pytest.raises(SourceError, match=message):
            open_files(str(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_file_that_may_not_be_read(folder):
    (folder / "datasets" / "orders.json").chmod(0)
    with pytest.raises(SourceError, match="orders.json: Permission denied"):
        open_files(str(folder)).read()


def test_link_to_a_folder_outside_is_not_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.json").write_text('{"type": "S3"}')
    shutil.rmtree(folder / "datasets")
    (folder / "datasets").symlink_to(outside)
    state = open_files(str(folder)).read()
    assert state.list_resources("dataset") == []


def test_type_without_a_place_in_a_folder_is_unknown(folder):
    """Somebody may keep a part of the project only."""
    shutil.rmtree(folder / "zones")
    state = open_files(str(folder)).read()
    assert not state.covers(f"flow_zone.{KEY}.x")
    assert state.covers(f"dataset.{KEY}.x")


def test_marker_says_which_types_there_are(folder):
    marker = {"format_version": 1, "project_key": "SHOP", "types": ["dataset"]}
    (folder / ".dataiku-iac.json").write_text(json.dumps(marker))
    state = open_files(str(folder)).read()
    assert {item.resource_type for item in state} == {"dataset"}
    assert state.project_keys() == ["SHOP"]


@pytest.mark.parametrize(
    "marker", [{}, {"format_version": 2}, {"format_version": 1, "project_key": 1}]
)
def test_marker_that_is_not_valid(folder, marker):
    (folder / ".dataiku-iac.json").write_text(json.dumps(marker))
    with pytest.raises(SourceError, match=".dataiku-iac.json"):
        open_files(str(folder))


def test_payload_of_an_earlier_type_is_not_read(folder, caplog):
    (folder / "recipes" / "compute_orders_enriched.join").write_text("{}")
    with caplog.at_level(logging.WARNING, "dataikuapi.iac"):
        state = open_files(str(folder)).read()
    assert "compute_orders_enriched.join is not read" in caplog.text
    payload = state[f"recipe.{KEY}.compute_orders_enriched"].attributes["payload"]
    assert isinstance(payload, str)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{mode: fast, 'n': 3}", {"mode": "fast", "n": 3}),
        (
            "{a: yes, b: 010, c: 2026-01-02}",
            {"a": "yes", "b": "010", "c": "2026-01-02"},
        ),
        (
            '{a: "3", b: true, c: null, d: 1.5e3}',
            {"a": "3", "b": True, "c": None, "d": 1500},
        ),
        ("{a: [x, 1], # why\n b: {}}", {"a": ["x", 1], "b": {}}),
        ("{a: 3 // three\n}", {"a": 3}),
    ],
)
def test_variables_as_users_type_them(folder, text, expected):
    """DSS stores the text, and takes a word without quotes for a text."""
    (folder / "variables.json").write_text(text)
    state = open_files(str(folder)).read()
    assert state[f"variables.{KEY}"].attributes["standard"] == expected


@pytest.mark.parametrize("text", ["{a: ", "{a: x y}", "a: 1", "word", "[1]"])
def test_variables_that_are_no_object(folder, text):
    (folder / "variables.json").write_text(text)
    with pytest.raises(SourceError, match=r"variables\.json is not"):
        open_files(str(folder)).read()


def test_local_variables_that_files_lack_are_unknown(folder):
    whole = open_files(str(folder)).read()
    (folder / "localvariables.json").unlink()
    part = open_files(str(folder)).read()
    diffs = DiffEngine().diff(whole, part)
    assert not [diff for diff in diffs if diff.has_changed]
    assert [item.attribute for item in diffs.uncompared] == ["local"]


# Revisions


def test_revision_is_read_without_a_checkout(repository):
    old, new = (
        open_files(f"git:{revision}:{KEY}", git_dir=repository).read()
        for revision in ("HEAD~1", "HEAD")
    )
    changed = [diff.resource_id for diff in DiffEngine().diff(old, new) if diff.changes]
    assert changed == [f"recipe.{KEY}.compute_orders_enriched"]


def test_bare_clone(repository, tmp_path):
    bare = tmp_path / "bare.git"
    git(repository, "clone", "-q", "--bare", str(repository), str(bare))
    state = open_files(f"git:HEAD:{KEY}", git_dir=bare).read()
    assert checksums(state) == checksums(
        open_files(f"git:HEAD:{KEY}", git_dir=repository).read()
    )


@pytest.mark.parametrize(
    "text, message",
    [
        ("git:nope:ORDERS_DEMO", "git has no revision nope"),
        ("git:HEAD:nope", "there is no nope in revision HEAD"),
        ("git:--all:x", "not a revision"),
        ("git::x", "not a revision"),
        ("git:HEAD", "there is no params.json"),
    ],
)
def test_revision_that_is_none(repository, text, message):
    with pytest.raises(SourceError, match=message):
        open_files(text, git_dir=repository).read()


def test_repository_that_is_none(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(SourceError, match="--git-dir"):
        open_files("git:HEAD:x", git_dir=tmp_path / "x")


def test_key_is_that_of_the_repository(repository, folder, monkeypatch):
    """Or of the folder in it, wherever the current folder is."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "A repository of its own")
    for git_dir in (folder, folder / ".git"):
        assert open_files("git:HEAD", git_dir=git_dir).project_key == KEY
    monkeypatch.chdir(folder / "datasets")
    assert open_files("git:HEAD").project_key == KEY


def test_failure_of_git_is_not_a_missing_revision(repository, folder, monkeypatch):
    """Where another user owns the repository, say, as in containers of CI."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.chdir(repository)
    with pytest.raises(SourceError, match="detected dubious ownership"):
        open_files(f"git:HEAD:{KEY}")
    pull = prepare_pull(open_files(str(folder)).read(), folder)
    with pytest.raises(SourceError, match="detected dubious ownership"):
        pull.require_repository()


def test_clone_that_lacks_contents(repository):
    blob = next(iter(Git.in_repository(repository).blob_ids("HEAD").values()))
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SourceError, match=f"content of {blob}: the clone is shallow"):
        open_files(f"git:HEAD:{KEY}", git_dir=repository)


@pytest.mark.all_types
def test_type_without_a_folder_is_not_deleted(run, repository, folder):
    """Whether the files are a folder or a revision: others may have a part only."""
    shutil.rmtree(folder / "scenarios")
    git(repository, "commit", "-qam", "without scenarios")
    assert run("sync")[0] == 0
    for word in (f"./{KEY}", f"git:HEAD:{KEY}"):
        plan = run("plan", word, "--allow-delete")[1]
        assert "0 to delete" in plan and "scenario." not in plan, plan
    for words in ((f"git:HEAD~1:{KEY}", word), (f"git:HEAD~1:{KEY}", f"./{KEY}")):
        code, shown, _ = run("diff", *words)
        assert code == 2 and f"- scenario.{KEY}." in shown
    (repository / "dataiku-iac.yaml").write_text("manage: {types: [scenario]}")
    for word in (f"./{KEY}", f"git:HEAD:{KEY}"):
        assert "1 to delete" in run("plan", word, "--allow-delete")[1]


# Archives


def archive(folder, path, prefix="", manifest=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for file in folder.rglob("*"):
            if file.is_file():
                target.write(file, f"{prefix}{file.relative_to(folder).as_posix()}")
        if manifest is not None:
            target.writestr("export-manifest.json", json.dumps(manifest))
    return path


@pytest.mark.parametrize("prefix", ["project_config/", "", "Any folder/"])
def test_archive_equals_the_folder(folder, tmp_path, prefix):
    path = archive(folder, tmp_path / "x.zip", prefix)
    state = open_files(str(path), project_key=KEY).read()
    assert checksums(state) == checksums(open_files(str(folder)).read())


def test_export_has_the_key_of_its_project(folder, tmp_path):
    manifest = {"originalProjectKey": "SHOP"}
    path = archive(folder, tmp_path / "x.zip", "project_config/", manifest)
    assert open_files(str(path)).project_key == "SHOP"


def test_archive_of_several_projects(folder, tmp_path):
    path = archive(folder, tmp_path / "x.zip", "ZOO/")
    with zipfile.ZipFile(path, "a") as added:
        added.writestr("SHOP/params.json", "{}")
    with pytest.raises(SourceError, match="several projects: SHOP, ZOO"):
        open_files(str(path))


def test_archive_that_is_none(folder, tmp_path):
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(SourceError, match="not a zip archive"):
        open_files(str(tmp_path / "text.zip"))
    path = archive(folder / "datasets", tmp_path / "part.zip")
    with pytest.raises(SourceError, match="no params.json"):
        open_files(str(path))


def test_damaged_member_is_named(folder, tmp_path):
    path = archive(folder, tmp_path / "x.zip")
    with zipfile.ZipFile(path) as source:
        member = source.getinfo("datasets/orders.json")
    data = bytearray(path.read_bytes())
    start = member.header_offset + 30 + len(member.filename)
    data[start : start + 20] = b"\xff" * 20
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="datasets/orders.json in"):
        open_files(str(path)).read()


# The command


def test_diff_of_two_folders_needs_no_state(run, folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "recipes" / "compute_orders_enriched.py").write_text("print(1)\n")
    code, out, _ = run("diff", folder, other)
    assert code == 2
    assert f"~ recipe.{KEY}.compute_orders_enriched" in out
    assert run("diff", folder, folder)[0] == 0


@pytest.mark.all_types
def test_diff_of_a_folder_and_the_instance_is_empty(run, folder):
    code, out, _ = run("diff", folder, "live:dev")
    assert "No changes" in out
    assert code == 0


def test_diff_of_revisions(run, repository):
    code, out, _ = run(
        "diff", f"git:HEAD~1:{KEY}", f"git:HEAD:{KEY}", "--git-dir", repository
    )
    assert code == 2
    assert "1 modified" in out


def test_diff_of_a_folder_that_is_none(run):
    code, _, err = run("diff", "./nope", "./nope")
    assert code == 1
    assert "nope does not exist" in err
