"""A state file in which git left conflict markers."""

import subprocess

import pytest

from dataikuapi.iac import (
    LocalFileBackend,
    Resource,
    State,
    StateConflictError,
    StateMergeConflictError,
)
from dataikuapi.iac.models.json_values import JSON

NAME = "dev.state.json"


def git(folder, *arguments):
    identity = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    command = ["git", *identity, *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return result.returncode, result.stdout


def state(*names):
    state = State(environment="dev", lineage="1")
    for name in names:
        state.add_resource(Resource("dataset", f"dataset.SHOP.{name}", {"name": name}))
    return state


@pytest.fixture
def conflicted(tmp_path):
    """A backend after a merge of two branches, each with a state of its own."""
    git(tmp_path, "init", "-q", "-b", "main")
    for branch, names in (("main", "a"), ("other", "ab"), ("main", "ac")):
        new = ["-b"] if branch == "other" else []
        git(tmp_path, "checkout", "-q", *new, branch)
        LocalFileBackend(tmp_path / NAME).save(state(*names), force=True)
        git(tmp_path, "add", NAME)
        git(tmp_path, "commit", "-q", "-m", names)
    assert git(tmp_path, "merge", "other")[0] == 1
    assert "\n<<<<<<< " in (tmp_path / NAME).read_text("utf-8")
    return LocalFileBackend(tmp_path / NAME)


def test_conflict_markers_are_recognized(conflicted):
    with pytest.raises(StateMergeConflictError) as raised:
        conflicted.load()

    message = str(raised.value)
    assert str(conflicted.state_file) in message
    assert "--ours" in message and "--theirs" in message
    assert "restore" not in message  # It would drop what both branches stored.
    assert "conflict markers" in conflicted.verify()[0]


def test_state_with_conflict_markers_is_not_overwritten(conflicted):
    before = conflicted.state_file.read_bytes()

    with pytest.raises(StateConflictError, match="conflict markers") as raised:
        conflicted.save(state("a"))

    assert "force" not in str(raised.value)
    assert conflicted.state_file.read_bytes() == before


def test_advice_of_the_message_works(conflicted, tmp_path):
    for stage, side in ((2, "ours"), (3, "theirs")):
        code, text = git(tmp_path, "show", f":{stage}:./{NAME}")
        assert code == 0
        (tmp_path / f"{side}.json").write_text(text, "utf-8")
    assert git(tmp_path, "checkout", "--ours", NAME)[0] == 0

    ours = LocalFileBackend(tmp_path / "ours.json").load()
    assert ours.resources == conflicted.load().resources
    theirs = LocalFileBackend(tmp_path / "theirs.json").load()
    assert "dataset.SHOP.b" in theirs


def test_angle_brackets_in_a_value_are_no_conflict(backend):
    script: dict[str, JSON] = {"payload": "<<<<<<< HEAD\n=======\n>>>>>>> other\n"}
    backend.save(
        State(resources={"recipe.A.x": Resource("recipe", "recipe.A.x", script)})
    )

    assert backend.load().resources["recipe.A.x"].attributes == script
