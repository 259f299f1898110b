"""Pull in a git repository: what is committed may be replaced, and commits."""

import shutil

import pytest

from dataikuapi.iac import PullConflictError, SourceError
from dataikuapi.iac.sources import open_files, pull_project
from dataikuapi.iac.sources.pull import prepare_pull
from iac.pulling import (
    KEY,
    dataset,
    files_in,
    git,
    recipe,
    repository,
    state_of,
)

MARKER = ".dataiku-iac.json"


@pytest.fixture
def folder(tmp_path):
    """The project's folder in a repository."""
    return repository(tmp_path / "repository") / KEY


def commit_all(folder, message="all"):
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


def committed(folder):
    """Return the paths in the last commit."""
    names = git(folder, "show", "--format=", "--no-renames", "--name-only", "-z")
    return {name for name in names.split("\0") if name}


def pull_and_commit(state, folder, message="pulled", force=False):
    pull = prepare_pull(state, folder, force=force)
    pull.require_repository()
    pull.write()
    return pull.commit(message)


def without_marker(folder):
    """Return what a clone of DSS's own remote is: no marker in it."""
    pull_project(state_of(recipe("r", "1"), dataset("a")), folder)
    (folder / MARKER).unlink()
    commit_all(folder)


# What may be replaced


def test_file_that_is_as_committed_is_replaced(folder):
    without_marker(folder)
    result = pull_project(state_of(recipe("r", "2")), folder)
    assert result.modified == ("recipes/r.py",)
    assert result.removed == ("datasets/a.json",)


def test_file_that_is_not_as_committed_is_left(folder):
    without_marker(folder)
    (folder / "recipes" / "r.py").write_text("mine")
    (folder / "datasets" / "a.json").unlink()
    state = state_of(recipe("r", "2"), dataset("a"))
    with pytest.raises(PullConflictError) as raised:
        pull_project(state, folder)
    assert "recipes/r.py: changed" in str(raised.value)
    assert "datasets/a.json: deleted" in str(raised.value)


def test_edit_that_is_staged_is_not_committed(folder):
    without_marker(folder)
    (folder / "recipes" / "r.py").write_text("mine")
    git(folder, "add", "-A")
    with pytest.raises(PullConflictError):
        pull_project(state_of(recipe("r", "2")), folder)


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_edit_that_git_does_not_look_for_is_seen(folder, flag):
    without_marker(folder)
    git(folder, "update-index", flag, "recipes/r.py")
    (folder / "recipes" / "r.py").write_text("mine")
    with pytest.raises(PullConflictError):
        pull_project(state_of(recipe("r", "2")), folder)


def test_line_ends_that_git_converts_are_no_edit(folder):
    folder.parent.joinpath(".gitattributes").write_text("*.py text eol=crlf\n")
    pull_project(state_of(recipe("r", "a\nb\n")), folder)
    (folder / MARKER).unlink()
    commit_all(folder)
    (folder / "recipes" / "r.py").unlink()
    git(folder, "checkout", "--", ".")
    assert (folder / "recipes" / "r.py").read_bytes() == b"a\r\nb\r\n"
    pull_project(state_of(recipe("r", "c\n")), folder)


def test_file_that_was_never_committed_is_left(folder):
    without_marker(folder)
    (folder / "datasets" / "b.json").write_text("{}")
    with pytest.raises(PullConflictError, match=r"b\.json: not from pull"):
        pull_project(state_of(recipe("r", "1"), dataset("b")), folder)


def test_folder_that_was_deleted_is_a_change(folder):
    without_marker(folder)
    shutil.rmtree(folder)
    with pytest.raises(PullConflictError, match=r"params\.json: deleted"):
        pull_project(state_of(recipe("r", "1")), folder)
    assert not folder.exists()


def test_repository_without_a_commit(folder):
    pull_project(state_of(dataset("a")), folder)
    assert open_files(str(folder)).read()


# Commits


def test_commit_has_what_was_written_and_removed(folder):
    pull_and_commit(state_of(recipe("r", "1"), dataset("a")), folder)
    (folder / "notes.md").write_text("mine")
    (folder.parent / "staged.txt").write_text("mine")
    git(folder.parent, "add", "staged.txt")
    assert pull_and_commit(state_of(recipe("r", "2"), dataset("b")), folder)
    assert committed(folder) == {
        f"{KEY}/{path}"
        for path in (MARKER, "recipes/r.py", "datasets/a.json", "datasets/b.json")
    }
    status = git(folder.parent, "status", "--porcelain").splitlines()
    assert status == ["A  staged.txt", f"?? {KEY}/notes.md"]


def test_message_says_who_edited_each_object_last(folder):
    one, other, gone = dataset("a"), dataset("b"), dataset("c")
    one.metadata.last_modified_by = "ann"
    pull_and_commit(state_of(gone), folder)
    pull_and_commit(state_of(one, other), folder, "Why it was\n")
    assert git(folder, "log", "-1", "--format=%B").strip() == (
        "Why it was\n\n- dataset.SHOP.a: ann\n- dataset.SHOP.b: editor unknown\n"
        "- dataset.SHOP.c: removed"
    )


def test_names_with_magic_are_committed_literally(folder):
    names = ["*", "a[b]", 'it\'s "quoted"', "é 東京", "#x"]
    pull_and_commit(state_of(dataset("starred")), folder)
    (folder / "datasets" / "mine.json").write_text("{}")
    pull_and_commit(state_of(dataset("starred"), *map(dataset, names)), folder)
    expected = {f"{KEY}/datasets/{name}.json" for name in names}
    assert committed(folder) == {*expected, f"{KEY}/{MARKER}"}


def test_nothing_to_commit_is_no_error(folder):
    state = state_of(dataset("a"))
    assert pull_and_commit(state, folder)
    before = git(folder, "rev-parse", "HEAD")
    assert not pull_and_commit(state, folder)
    assert git(folder, "rev-parse", "HEAD") == before


def test_project_at_the_root_of_the_repository(folder):
    pull_and_commit(state_of(dataset("a")), folder.parent)
    assert f"{MARKER}" in committed(folder.parent)
    assert pull_project(state_of(dataset("b")), folder.parent).removed


def test_commit_completes_that_of_an_interrupted_pull(folder, monkeypatch):
    pull_and_commit(state_of(recipe("r", "1"), dataset("a")), folder)
    second = state_of(recipe("r", "2"), dataset("b"))
    pull = prepare_pull(second, folder)
    write = pull._write

    def write_or_die(path, data):
        if path == "recipes/r.py":
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(pull, "_write", write_or_die)
    with pytest.raises(KeyboardInterrupt):
        pull.write()
    pull_and_commit(second, folder)
    assert git(folder, "status", "--porcelain") == ""


def test_commit_has_what_an_earlier_pull_wrote(folder):
    state = state_of(recipe("r", "1"), dataset("a"))
    pull_project(state, folder)
    (folder / "recipes" / "r.py").write_text("mine")
    kept = state_of(dataset("a"))
    kept.unknown["recipe.SHOP.r"] = "refused"
    assert pull_and_commit(kept, folder)
    assert f"{KEY}/datasets/a.json" in committed(folder)
    assert f"{KEY}/recipes/r.py" not in committed(folder)
    assert "- dataset.SHOP.a: " in git(folder, "log", "-1", "--format=%B")


def test_commit_after_one_that_a_hook_refused_is_whole(folder):
    pull_and_commit(state_of(dataset("b")), folder)
    hook = folder.parent / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    state = state_of(recipe("r", "1"), dataset("a"), dataset("b"))
    with pytest.raises(SourceError):
        pull_and_commit(state, folder)
    hook.unlink()
    assert pull_and_commit(state, folder)
    assert git(folder, "status", "--porcelain") == ""
    assert f"{KEY}/datasets/b.json" not in committed(folder)
    message = git(folder, "log", "-1", "--format=%B")
    assert "- dataset.SHOP.a: " in message and "- recipe.SHOP.r: " in message


def test_what_git_ignores_is_not_committed(folder):
    (folder.parent / ".gitignore").write_text(f"{MARKER}\n")
    pull_and_commit(state_of(dataset("a")), folder)
    assert committed(folder) == {f"{KEY}/params.json", f"{KEY}/datasets/a.json"}


def test_folder_that_is_in_no_repository(tmp_path):
    pull = prepare_pull(state_of(), tmp_path / "x")
    with pytest.raises(SourceError, match="not in a git repository"):
        pull.require_repository()


def test_merge_that_is_not_finished(folder):
    pull_and_commit(state_of(dataset("a")), folder)
    head = git(folder, "rev-parse", "HEAD")
    (folder.parent / ".git" / "MERGE_HEAD").write_text(head)
    with pytest.raises(SourceError, match="a merge in .* is not finished"):
        prepare_pull(state_of(), folder).require_repository()


def test_hook_that_refuses_is_reported(folder):
    hook = folder.parent / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no datasets on fridays >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(SourceError, match="git commit failed: no datasets on fridays"):
        pull_and_commit(state_of(), folder)
    assert "params.json" in files_in(folder)


def test_repository_without_a_name_of_the_committer(folder, monkeypatch):
    git(folder.parent, "config", "--unset", "user.name")
    git(folder.parent, "config", "--unset", "user.email")
    git(folder.parent, "config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceError, match="git var failed"):
        prepare_pull(state_of(), folder).require_repository()


def test_git_is_not_installed(folder, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    pull_project(state_of(dataset("a")), folder)
    pull_project(state_of(dataset("b")), folder)
    with pytest.raises(SourceError, match="not in a git repository"):
        prepare_pull(state_of(), folder).require_repository()
