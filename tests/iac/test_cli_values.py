"""Empty is not absent: options, arguments and environment variables are checked."""

import re

import click
import pytest

from dataikuapi.iac.cli.root import dataiku_iac
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY

# The option or argument, as the help shows it.
NAMED = re.compile(r"error: (--[a-z-]+: |[A-Z]+: |No such option:? '?-1)")
BLANK = ["", " ", "\n"]
BAD_KEYS = [*BLANK, "A.B", "A/B", "../A", "A\\B", "A?", "A#", "A%2F", "A\n", "a b"]


def contents(folder):
    """Return the JSON files in a folder, and beside it, where ../../../x would be."""
    files = [*folder.rglob("*.json"), *folder.parent.glob("*.json")]
    return {path: path.read_bytes() for path in files}


@pytest.fixture
def refused(synced, server, tmp_path):
    """Run a command that is refused before it sends, reads or writes anything."""

    def command(*arguments):
        requests = []
        server.faults = lambda method, path: requests.append(path)
        before = contents(tmp_path)
        code, output, errors = synced(*arguments)
        assert (code, output) == (64, ""), errors
        assert contents(tmp_path) == before
        assert requests == []
        return errors

    return command


@pytest.mark.parametrize("value", [*BLANK, "../../../x", "prod\n", ".hidden", "x" * 65])
def test_bad_environments_are_refused(refused, value):
    for command in ("sync", "drift", "history"):
        assert "--environment: invalid environment" in refused(
            command, "--environment", value
        )


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_project_keys_are_refused(refused, key):
    for command in ("sync", "drift"):
        assert "--project: " in refused(command, "--project", key)
    assert "--confirm-removed: " in refused("refresh", "--confirm-removed", key)


@pytest.mark.parametrize("value", BLANK)
@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "--state-file"],
        ["history", "--state-file"],
        ["sync", "--host"],
        ["drift", "--ignore"],
        ["diff", "1", "--ignore"],
        ["drift", "--baseline"],
        ["drift", "--baseline", "rules", "--author"],
        ["drift", "--baseline", "rules", "--reason"],
        ["drift", "--baseline", "rules", "--expires"],
        ["drift", "--format"],
        ["refresh"],
        ["show"],
        ["diff"],
        ["diff", "1"],
        ["restore"],
    ],
)
def test_blank_values_are_refused(refused, arguments, value):
    assert NAMED.match(refused(*arguments, value))


def takers(group=dataiku_iac, path=()):
    """Yield each option and argument that takes a value, as the start of a command."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from takers(command, (*path, name))
            continue
        for parameter in command.params:
            if isinstance(parameter, click.Argument):
                yield [*path, name]
            elif not (parameter.is_flag or parameter.count):
                before = ["code"] * (
                    parameter.nargs - 1
                )  # A choice, where there is one.
                yield [*path, name, parameter.opts[0], *before]


@pytest.mark.parametrize("value", BLANK)
def test_no_option_or_argument_takes_a_blank_value(refused, value):
    for arguments in takers():
        assert NAMED.match(refused(*arguments, value)), arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["restore", "-1"],
        ["restore", "1.0"],
        ["restore", "9" * 5000],
        ["restore", "١"],
        ["diff", "9" * 5000],
        ["refresh", "dataset"],
        ["refresh", "dataset.A/B.orders"],
        ["refresh", "dataset..orders"],
        ["refresh", "library_file.SHOP./python/x.py"],
        ["drift", "code_env.@instance.PYTHON/py39"],
        ["sync", "--state-file", "/"],
        ["sync", "--state-file", ".."],
        ["sync", "--host", "https://dss .example.com"],
        ["sync", "--host", "https://dss.example.com\n"],
    ],
)
def test_other_bad_values_are_refused(refused, arguments):
    assert NAMED.match(refused(*arguments))


def test_empty_variables_count_as_not_set(run, monkeypatch, tmp_path):
    monkeypatch.setenv("DATAIKU_ENVIRONMENT", "")
    monkeypatch.setenv("DATAIKU_PROJECT", "")
    assert run("sync")[0] == 0
    assert [path.name for path in tmp_path.rglob("*.json")] == ["dev.state.json"]
    for name in ("DATAIKU_HOST", "DATAIKU_API_KEY"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "")
            code, _, errors = run("sync")
            assert (code, f"set {name}" in errors) == (64, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAIKU_ENVIRONMENT", "../x"),
        ("DATAIKU_ENVIRONMENT", " "),
        ("DATAIKU_PROJECT", "A/B"),
        ("DATAIKU_PROJECT", " "),
        ("DATAIKU_HOST", " "),
        ("DATAIKU_API_KEY", " "),
    ],
)
def test_bad_variables_are_refused_by_name(refused, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert refused("sync").startswith(f"error: {name}: ")


def test_option_wins_over_a_bad_variable(run, monkeypatch):
    monkeypatch.setenv("DATAIKU_ENVIRONMENT", "../x")
    monkeypatch.setenv("DATAIKU_PROJECT", "A/B")
    arguments = ["--environment", "dev", "--project", SAMPLE_PROJECT_KEY]
    assert run("sync", *arguments)[0] == 0


def test_ctrl_d_at_the_prompt_is_a_missing_api_key(run, monkeypatch):
    def end_of_file(prompt):
        raise EOFError

    monkeypatch.delenv("DATAIKU_API_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", end_of_file)
    code, _, errors = run("sync")
    assert (code, "no API key" in errors) == (64, True)


def test_removals_that_do_not_fit_are_usage_errors(synced):
    code, _, errors = synced("refresh", "--confirm-removed", "OTHER")
    assert (code, "not in the state: OTHER" in errors) == (64, True)
    code, _, errors = synced("refresh", "--confirm-removed", SAMPLE_PROJECT_KEY)
    assert (code, "DSS still lists ORDERS_DEMO" in errors) == (64, True)
