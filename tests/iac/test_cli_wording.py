"""Messages on the command line name options and commands, and count correctly."""

import ast
import json
import re
from itertools import count, repeat
from pathlib import Path

import pytest

import dataikuapi.iac as iac_package
from dataikuapi.iac import DataikuIaCError, LocalFileBackend, State, exceptions
from dataikuapi.iac.backends.http import HttpBackend
from dataikuapi.iac.cli import program
from dataikuapi.iac.cli.wording import without_python
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY
from dataikuapi.iac.sandbox.faults import Fault
from dataikuapi.iac.sync.policy import RetryPolicy
from iac.durability import state

DEFAULT = ".dataiku/state/dev.state.json"
PYTHON = re.compile(
    r"\w=[\w\['\"]|\w+\(|StateManager|Backend|RetryPolicy|\{'|_state\b"
    r"|\bconfirm_removed\b"
)


def reads_like_python(text):
    return PYTHON.search(text)


def raised_messages():
    """Yield where each error of the package is raised, and its text."""
    root = Path(iac_package.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            name = getattr(node.exc.func, "id", "")
            if issubclass(getattr(exceptions, name, ValueError), DataikuIaCError):
                yield f"{path.relative_to(root)}:{node.lineno}", text_of(node.exc)


def text_of(call):
    """Return the first argument, with a 1 for what is put into it."""
    (argument,) = call.args[:1] or [ast.Constant("")]
    parts = getattr(argument, "values", [argument])
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "1" for part in parts
    )


def test_no_error_gives_advice_for_python():
    found = dict(raised_messages())
    assert len(found) > 200
    assert [
        f"{place}: {text}"
        for place, text in found.items()
        if reads_like_python(without_python(text))
    ] == []


def test_place_of_a_state():
    for known in (LocalFileBackend("a.json"), HttpBackend("https://x.org/a")):
        text = without_python(f"there is no state in {known!r}")
        assert text in (
            "there is no state in a.json",
            "there is no state in https://x.org/a",
        )


@pytest.mark.parametrize("command", ["show", "drift", "refresh", "history", "diff 1"])
def test_without_a_state(run, command):
    code, output, errors = run(*command.split())
    assert code == 1
    assert not reads_like_python(output + errors)


def test_a_vanished_project(run):
    assert run("sync")[0] == 0
    backend = LocalFileBackend(DEFAULT)
    stored = backend.load()
    other = state().list_resources()[0]
    stored.add_resource(other)
    stored.scope = None
    backend.save(stored)
    code, output, errors = run("sync")
    assert code == 3
    assert "If it was deleted: dataiku-iac refresh --confirm-removed SHOP" in output
    assert not reads_like_python(output + errors)
    assert run("refresh", "--confirm-removed", "SHOP")[0] in (0, 2)
    code, _, errors = run("refresh", "--confirm-removed", "SHOP")
    assert (code, errors) == (64, "error: --confirm-removed: not in the state: SHOP\n")
    _, _, errors = run("refresh", "--confirm-removed", SAMPLE_PROJECT_KEY)
    assert errors == f"error: --confirm-removed: DSS still lists {SAMPLE_PROJECT_KEY}\n"


def test_a_damaged_state(run):
    backend = LocalFileBackend(DEFAULT)
    for _ in range(3):
        backend.save(
            State(environment="dev") if not backend.exists() else backend.load()
        )
    backend.state_file.write_bytes(b"{")
    for command in ("show", "history", "drift", "refresh", "sync"):
        _, output, errors = run(command)
        last = errors.splitlines()[-1]
        assert "dataiku-iac restore 1 brings it back" in last, command
        assert not reads_like_python(output + last)
    assert run("verify")[1].endswith("1 problem found\n")


def test_another_environment_and_another_instance(run):
    assert run("sync")[0] == 0
    code, _, errors = run("sync", "--environment", "prod", "--state-file", DEFAULT)
    assert code == 1
    assert f"error: {DEFAULT} has the state of environment 'dev'" in errors
    assert not reads_like_python(errors)

    path = LocalFileBackend(DEFAULT).state_file
    document = json.loads(path.read_text())
    document["instance"].update(install_id="another", node_id="other")
    path.write_text(json.dumps(document))
    for command in ("sync", "drift", "refresh"):
        code, _, errors = run(command)
        assert code == 1
        assert "the stored state is of DSS " in errors
        assert not reads_like_python(errors), errors


@pytest.mark.parametrize(
    "act",
    [
        lambda backend: backend.save(State(serial=1, lineage="other")),
        lambda backend: backend.save(State(serial=0, lineage=backend.load().lineage)),
        lambda backend: (mine := backend.load(), backend.delete(), backend.save(mine)),
        lambda backend: (backend.state_file.write_text("{"), backend.save(State())),
    ],
    ids=["lineage", "older", "deleted", "damaged"],
)
def test_a_conflict(backend, act, capsys, monkeypatch):
    """As another person may cause at any moment of a command."""
    backend.save(state(1))
    monkeypatch.setattr(program, "_run", lambda arguments: act(backend))
    assert program.main([]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("error: ")
    assert not reads_like_python(errors), errors


@pytest.fixture(params=["too large", "too slow"])
def unanswered(request, server, monkeypatch):
    """A DSS that answers datasets, or everything, with more than is read, or never."""
    is_large = request.param == "too large"
    fault = Fault.gzipped(20_000_000) if is_large else Fault.endless(pause=0.001)
    ticks = count() if not is_large else repeat(0)
    policy = RetryPolicy(
        max_retries=0,
        deadline=50,
        max_response_bytes=1_000_000,
        clock=lambda: float(next(ticks)),
    )
    monkeypatch.setattr("dataikuapi.iac.sync.workers.RetryPolicy", lambda: policy)

    def break_requests(part):
        server.faults = lambda method, path: fault if part in path else None

    return break_requests


def test_limits_that_no_option_raises(run, unanswered):
    assert run("sync")[0] == 0
    unanswered("/recipes/")
    code, output, errors = run("drift")
    assert code == 3
    assert "? not read: " in output
    assert not reads_like_python(output + errors), output + errors

    unanswered("")
    code, output, errors = run("drift", "--format", "json")
    assert code == 1
    message = json.loads(output)["error"]["message"]
    assert not reads_like_python(message + errors), message + errors


def test_the_library_still_names_its_own_arguments(backend):
    backend.save(state(1))
    with pytest.raises(DataikuIaCError, match="force=True"):
        backend.save(State(serial=1, lineage="other"))
