"""Encodings, and streams that are closed or full."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dataikuapi.iac import StateManager
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY

NAME = "größe✓"
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")


@pytest.fixture
def changed(synced, dataiku_client):
    """A stored state, and since then a new column that few encodings can write."""
    dataset = dataiku_client.get_project(SAMPLE_PROJECT_KEY).get_dataset("countries")
    settings = dataset.get_settings()
    settings.add_raw_schema_column({"name": NAME, "type": "string"})
    settings.save()
    return synced


def shell(command, **environment):
    """Run the program in a shell, and return exit code, stdout and stderr as bytes.

    Its output is buffered, as it is for users: what fails may fail again at exit.
    """
    program = f"{sys.executable} -m dataikuapi.iac {command}"
    result = subprocess.run(
        ["sh", "-c", program],
        capture_output=True,
        env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
        timeout=120,
    )
    assert b"Traceback" not in result.stderr
    assert b"Exception ignored" not in result.stderr
    return result.returncode, result.stdout, result.stderr


CONSOLES = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C": {
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "",  # tox sets it.
    },
}


@pytest.mark.parametrize("console", CONSOLES)
def test_text_escapes_what_the_console_cannot_write(changed, console):
    code, output, errors = shell("drift", **CONSOLES[console])
    assert (code, errors) == (2, b"")
    expected = "größe" if console == "cp1252" else "gr\\xf6\\xdfe"
    encoding = "cp1252" if console == "cp1252" else "ascii"
    assert f'"name": "{expected}\\u2713"' in output.decode(encoding)


@pytest.mark.parametrize("console", ["ascii", "cp1252"])
@pytest.mark.parametrize("name", ["json", "junit", "markdown"])
def test_machine_formats_are_utf8_on_every_console(changed, console, name):
    code, output, errors = shell(f"drift --format {name}", **CONSOLES[console])
    assert (code, errors) == (2, b"")
    text = output.decode("utf-8")
    if name == "json":
        assert NAME in json.dumps(json.loads(text), ensure_ascii=False)
    elif name == "junit":
        assert NAME in "".join(ElementTree.fromstring(text).itertext())
    else:
        assert NAME in text


def test_refresh_reports_on_a_console_without_unicode(changed):
    code, output, _ = shell("refresh", **CONSOLES["ascii"])
    assert (code, b"1 modified" in output) == (0, True)


def test_show_on_a_console_without_unicode(synced, dataiku_client):
    dataiku_client.get_project(SAMPLE_PROJECT_KEY).create_dataset(NAME, "Filesystem")
    synced("sync")
    code, output, _ = shell("show", **CONSOLES["ascii"])
    assert (code, b"gr\\xf6\\xdfe\\u2713" in output) == (0, True)


def test_error_message_on_a_console_without_unicode(synced):
    code, output, errors = shell("diff 1 größe.json", PYTHONIOENCODING="ascii")
    assert (code, output) == (1, b"")
    assert b"gr\\xf6\\xdfe.json" in errors


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        UnicodeEncodeError("ascii", "é", 0, 1, "a bug"),
        json.JSONDecodeError("a bug", "{", 0),
    ],
)
def test_bugs_are_not_reported_as_usage_errors(synced, monkeypatch, error):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(StateManager, "drift", fail)
    with pytest.raises(type(error), match="a bug"):
        synced("drift")


@pytest.mark.parametrize("command", ["sync", "refresh", "drift", "--help"])
def test_closed_stdout_is_an_error_before_anything_is_stored(
    changed, command, tmp_path
):
    state = tmp_path / ".dataiku/state/dev.state.json"
    before = state.read_bytes()
    code, _, errors = shell(f"{command} >&-")
    assert code == 1
    assert errors == b"error: cannot write to standard output: it is closed\n"
    assert state.read_bytes() == before


@FULL
@pytest.mark.parametrize("command", ["drift", "drift --format json", "show", "--help"])
def test_full_stdout_is_an_error(changed, command):
    code, _, errors = shell(f"{command} >/dev/full")
    assert code == 1
    assert errors.startswith(b"error: cannot write to standard output: No space left")


@FULL
@pytest.mark.parametrize(
    ("command", "serial"), [("sync", 2), ("refresh", 2), ("restore 1", 2)]
)
def test_full_stdout_says_what_was_saved(changed, command, serial):
    code, _, errors = shell(f"{command} >/dev/full")
    assert code == 1
    assert f"the state was saved all the same, as serial {serial}" in errors.decode()
    assert changed("history")[1].startswith(f"serial {serial} ")


@FULL
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_exit_code_does_not_depend_on_stderr(changed, redirection):
    code, output, _ = shell(f"drift --format json {redirection}")
    assert (code, json.loads(output)["summary"]["modified"]) == (2, 1)
    assert shell(f"diff 7 {redirection}")[:2] == (1, b"")
    assert shell(f"drift --project '' {redirection}")[:2] == (64, b"")


def test_missing_api_key_with_a_closed_stdin(changed):
    code, _, errors = shell("drift <&-", DATAIKU_API_KEY="")
    assert (code, b"no API key" in errors) == (64, True)


def test_a_file_is_on_disk_before_it_replaces_another(run, monkeypatch):
    assert run("sync")[0] == 0
    calls: list[object] = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)

        def record(*arguments, name=name, real=real):
            if name == "replace":
                calls.append(Path(arguments[0]).read_bytes())
            else:
                calls.append(os.fstat(arguments[0]).st_size)
            return real(*arguments)

        monkeypatch.setattr(os, name, record)
    assert run("show", "--output", "state.txt")[0] == 0
    content = Path("state.txt").read_bytes()
    assert content and calls == [len(content), content]
