"""Options that all commands share: places, color, output files, verbosity, help."""

import json
import logging
import os
import shlex
import subprocess
import sys

import click
import pytest

from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.backends import folder_store, locks
from dataikuapi.iac.cli.help import Command
from dataikuapi.iac.cli.root import dataiku_iac
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY

KEY = SAMPLE_PROJECT_KEY
TABLE = f"dataset.{KEY}.countries"
GROUPS = ((), ("state",), ("lock",))


def all_commands(group=dataiku_iac, path=()):
    """Yield the words of each command and group."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))
        else:
            yield (*path, name)


def find_command(words):
    *groups, name = words
    group: click.Group = dataiku_iac
    for each in groups:
        command = group.commands[each]
        assert isinstance(command, click.Group)
        group = command
    return group.commands[name]


@pytest.mark.parametrize("words", list(all_commands()), ids=" ".join)
def test_each_help_has_exit_codes_and_each_command_examples(run, words):
    code, output, errors = run(*words, "--help")
    assert (code, errors) == (0, "")
    assert "Exit codes:\n  0 " in output and "  64 " in output
    assert ("\nExamples:\n" in output) is (words not in GROUPS)
    assert output == run(*words, "-h")[1]


EXAMPLES = [
    pytest.param(words, example, id=example)
    for words in all_commands()
    if words not in (*GROUPS, ("completion",))  # Those are of other shells.
    for example in find_command(words).examples
]


@pytest.mark.parametrize(("words", "example"), EXAMPLES)
def test_each_example_is_a_valid_command_line(run, monkeypatch, words, example):
    invoked = []

    def invoke(self, ctx):
        invoked.append(self)
        return 0

    monkeypatch.setattr(Command, "invoke", invoke)
    program, *arguments = shlex.split(example, comments=True)
    assert program == "dataiku-iac"
    assert run(*arguments) == (0, "", "")
    assert invoked == [find_command(words)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-e", "prod", "sync"],
        ["sync", "-e", "prod"],
        ["--environment", "prod", "sync"],
        ["-e", "dev", "sync", "-e", "prod"],
    ],
)
def test_options_work_before_and_after_the_command(run, tmp_path, arguments):
    assert run(*arguments)[0] == 0
    assert [path.name for path in tmp_path.rglob("*.json")] == ["prod.state.json"]


@pytest.fixture
def drifted(synced, dataiku_client):
    dataiku_client.get_project(KEY).create_dataset("returns", "Filesystem")
    return synced


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": ""}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--no-color"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color_follows_option_then_variables(
    drifted, monkeypatch, arguments, variables, colored
):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in drifted("drift", *arguments)[1]) is colored
    assert ("\x1b[" in drifted(*arguments, "drift")[1]) is colored


def test_output_goes_to_a_file_and_the_exit_code_stays(drifted, tmp_path):
    (tmp_path / "report.json").write_text("old")
    code, output, errors = drifted("drift", "--format", "json", "-o", "report.json")
    assert (code, output, errors) == (2, "", "")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["summary"]["added"] == 1
    assert drifted("drift", "--output", "-")[1].startswith("Drift of ")


def test_output_file_is_unchanged_after_an_error(drifted, tmp_path):
    (tmp_path / "report.txt").write_text("old")
    before = sorted(tmp_path.iterdir())
    assert drifted("diff", "99", "-o", "report.txt")[0] == 1
    assert drifted("show", "nothing", "-o", "report.txt")[0] == 64
    assert (tmp_path / "report.txt").read_text() == "old"
    assert sorted(tmp_path.iterdir()) == before


def test_output_to_a_missing_folder_is_an_error_before_anything_is_read(
    run, server, tmp_path
):
    requests = []
    server.faults = lambda method, path: requests.append(path)
    code, output, errors = run("sync", "--output", "none/report.txt")
    assert (code, output) == (1, "")
    assert errors.startswith("error: cannot write to none/report.txt: No such file")
    assert requests == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_full_output_file_says_what_was_saved(synced):
    code, _, errors = synced("sync", "--output", "/dev/full")
    assert code == 1
    assert "cannot write to /dev/full: No space left" in errors
    assert "saved all the same, as serial 2" in errors


ALL_LINES = ["a debug", "a info", "warning: a warning", "error: a error"]


def test_log_is_shown_as_the_options_say(run, monkeypatch):
    def log_and_sync(self, *arguments, **options):
        logger = logging.getLogger("dataikuapi.iac.test")
        for level in ("debug", "info", "warning", "error"):
            getattr(logger, level)("a %s", level)
        return original(self, *arguments, **options)

    original = StateManager.sync_all
    monkeypatch.setattr(StateManager, "sync_all", log_and_sync)
    shown = {
        (): ["warning: a warning", "error: a error"],
        ("-q",): ["error: a error"],
        ("-v",): ["a info", "warning: a warning", "error: a error"],
        ("-vv",): ALL_LINES,
    }
    for options, lines in shown.items():
        errors = run("sync", *options)[2].splitlines()
        assert [line for line in errors if line in ALL_LINES] == lines
    assert logging.getLogger("dataikuapi.iac").handlers == []


@pytest.mark.parametrize("on_terminal", [True, False])
def test_waiting_for_a_lock_is_shown_on_a_terminal(
    synced, tmp_path, monkeypatch, on_terminal
):
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr("sys.stderr.isatty", lambda: on_terminal, raising=False)
    program = (
        "import sys; from dataikuapi.iac import LocalFileBackend\n"
        "with LocalFileBackend(sys.argv[1]).lock('a long save'):\n"
        "    print('locked', flush=True); sys.stdin.read()"
    )
    state = tmp_path / ".dataiku/state/dev.state.json"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout and holder.stdout.readline() == b"locked\n"
        code, _, errors = synced("sync", "--lock-timeout", "0.2", "--project", KEY)
    finally:
        holder.communicate()
    assert code == 1
    assert "is locked by" in errors and "'a long save'" in errors
    assert ("waiting for" in errors) is on_terminal
    assert LocalFileBackend(state).load().serial == 1
    assert synced("sync", "--lock-timeout", "0")[0] == 0


def test_lock_timeout_is_that_of_each_lock(run, monkeypatch):
    timeouts = set()

    def record(target, reason, timeout):
        timeouts.add(timeout)
        return locks.file_lock(target, reason, timeout)

    monkeypatch.setattr(folder_store, "file_lock", record)
    for command in (["sync"], ["refresh"], ["restore", "1"], ["state", "rm", TABLE]):
        assert run(*command, "--lock-timeout", "7")[0] == 0
    assert timeouts == {7.0}
    assert run("sync", "--lock-timeout", "-1")[0] == 0
    assert timeouts == {7.0, -1.0}


@pytest.mark.parametrize("value", ["", "-2", "x", "1e9", "nan"])
def test_bad_lock_timeouts_are_usage_errors(run, value):
    assert run("sync", "--lock-timeout", value)[0] == 64


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_printed(run, shell):
    code, output, _ = run("completion", shell)
    assert code == 0
    assert "_DATAIKU_IAC_COMPLETE" in output


def complete(*words):
    """Return what bash is offered for the last word."""
    result = subprocess.run(
        [sys.executable, "-m", "dataikuapi.iac"],
        env={
            **os.environ,
            "_DATAIKU_IAC_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("dataiku-iac", *words)),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    return [line.partition(",")[2] for line in result.stdout.split()]


def test_commands_environments_ids_and_serials_are_completed(synced, tmp_path):
    (tmp_path / "dataiku-iac.yaml").write_text("environments: {dev: {}, prod: {}}\n")
    synced("sync")
    assert complete("re") == ["report", "refresh", "restore"]
    assert complete("sync", "-e", "p") == ["prod"]
    assert complete("show", "recipe.ORDERS_DEMO.compute_s") == [
        "recipe.ORDERS_DEMO.compute_shipments"
    ]
    assert complete("restore", "") == ["1"]
    assert complete("diff", "p") == ["prod"]
    assert complete("drift", "--project", "ORD") == [KEY]
    (tmp_path / "dataiku-iac.yaml").write_text("[")
    assert complete("sync", "-e", "p") == []


def test_each_command_is_listed_with_all_that_is_said_of_it(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("--help")
    commands = out.partition("Commands:")[2].partition("Exit codes:")[0]
    assert code == 0 and len(commands.split("\n")) > 20 and "..." not in commands
    assert "130" in out and "  3  " not in run("lock", "--help")[1]
