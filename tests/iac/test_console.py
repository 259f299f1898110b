"""No CI runner and no terminal obeys what comes from DSS."""

import json
import re
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

import dataikuapi.iac
from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, Resource, State
from dataikuapi.iac.cli import main
from dataikuapi.iac.console import get_logger, printable, printable_json
from dataikuapi.iac.models import ResourceDiffs, UnreadableResource
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.reports import (
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.sandbox import Fault

ROOT = Path(dataikuapi.iac.__file__).parent

COMMANDS = [
    "::add-mask::a",
    "::set-output name=x::y",
    "::ERROR file=a.py,line=1::broken",
    "::stop-commands::token",
    "  \t ::warning::indented",
    "\u00a0\u3000::debug::after blanks that are not ASCII",
    "##[group]a",
    "##[set-env name=x;]y",
    "a ##[error] b",
    "##vso[task.setvariable variable=x]y",
    "x ##VSO[task.complete result=Succeeded;]",
    "##teamcity[testFailed name='x']",
    "###[command]x",
    "section_start:1:x\r\x1b[0Kx",
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m\x85::group::x\u2028::add-mask::y",
]


def obeyed(output):
    """Return the lines that a runner or a terminal would obey."""
    found = [line for line in re.split("[\n\r\x85\u2028]", output) if _is_command(line)]
    return found + [char for char in output if not char.isprintable() and char != "\n"]


def _is_command(line):
    # As in the runners' sources: ActionCommand.cs of GitHub, Command.cs of Azure.
    is_github = re.match(r"::.*::", line.strip()) is not None
    return is_github or re.search(r"##\w*\[[^\]]*\]?", line) is not None


def test_this_test_knows_commands():
    assert all(obeyed(command) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_escaped_and_readable(command):
    line = printable(command)
    assert not obeyed(line.replace("\t", ""))
    words = re.findall("[a-z]{4,}", command)
    assert all(word in line for word in words)


@pytest.mark.parametrize(
    "line",
    [
        "## Heading [with a link](x)",
        "### 1. [link]",
        "a::b",
        "std::vector<int> x",
        "print(x[::2])",
        "    :: a comment",
        "#[derive(Debug)]",
        "été 日本語 🎉 <b>&amp;</b>",
        "\tindented",
        "@@ -1 +1 @@",
    ],
)
def test_ordinary_text_stays(line):
    assert printable(line) == line


def hostile(command):
    """Return diffs with a command wherever users of DSS can write."""
    old, new = State(), State()
    lines = ["x = 1", command, f"    {command}", "y = 1"]
    name = re.sub(r"[\n\r\x85\u2028]", " ", command)
    for state, last in ((old, "z = 1"), (new, "z = 2")):
        attributes: dict[str, JSON] = {
            "payload": "\n".join([*lines, last]),
            command: last,
            "value": f"{command}{last}",
            "long": f"{command}\n{last}" * 200,
        }
        for key in ("recipe.P.r", f"recipe.P.{name}"):
            resource = Resource("recipe", key, attributes)
            resource.metadata.last_modified_by = command
            state.add_resource(resource)
    new.add_resource(Resource("recipe", "recipe.P.new", {"text": lines}))
    diffs = DiffEngine(ignore=["x.* reason=" + json.dumps(command)]).diff(old, new)
    return ResourceDiffs(
        diffs,
        unknown=[UnreadableResource(f"recipe.P.x{name}", f"failed\n{command}")],
        rules=diffs.rules,
        title=command,
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "render", [render_text, render_markdown, render_junit, render_html, render_json]
)
def test_reports_hold_no_command(render, command):
    output = render(hostile(command))
    assert obeyed(output.replace("\t", "")) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_machine_formats_are_exact(command):
    diffs = hostile(command)
    document = json.loads(render_json(diffs))
    assert document["title"] == command
    (changes,) = [
        resource["changes"]
        for resource in document["resources"]
        if resource["resource_id"] == "recipe.P.r"
    ]
    (value,) = [change for change in changes if change["pointer"] == "/value"]
    assert (value["old"], value["new"]) == (f"{command}z = 1", f"{command}z = 2")
    assert fromstring(render_junit(diffs)).get("tests") == "4"


class Text(HTMLParser):
    """Collects the text that a page shows."""

    def __init__(self):
        super().__init__()
        self.text = ""

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("command", ["::add-mask::a", "##vso[task.x]y", "##[group]a"])
def test_page_shows_commands_as_they_are(command):
    page = Text()
    page.feed(render_html(hostile(command)))
    assert command in page.text


@pytest.mark.parametrize("command", COMMANDS)
def test_json_stays_equal(command):
    document = {command: [command, {"x": f"{command}\ud800"}]}
    text = json.dumps(document, ensure_ascii=False, indent=2)
    assert json.loads(printable_json(text)) == document
    assert not obeyed(printable_json(text))


@pytest.mark.parametrize("command", COMMANDS)
def test_log_messages_are_escaped(command, caplog):
    get_logger("dataikuapi.iac.test").warning("one: %s\n%s", command, command)
    (record,) = caplog.records
    assert not obeyed(record.getMessage().replace("\t", ""))
    assert record.getMessage().count("\n") == 1


def test_all_modules_log_through_get_logger():
    # The command line's log.py logs nothing: it shows what the others log.
    besides = ROOT / "console.py", ROOT / "cli" / "log.py"
    modules = [path for path in ROOT.rglob("*.py") if path not in besides]
    users = [path for path in modules if "get_logger(" in path.read_text("utf-8")]
    assert users
    for path in modules:
        text = path.read_text("utf-8")
        assert "getLogger" not in text and "logging.warn" not in text, path


@pytest.fixture
def run(server, tmp_path, monkeypatch, capsys):
    """Return a function that runs a command and returns all that it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAIKU_HOST", server.url)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)

    def run(*arguments):
        with suppress(SystemExit):  # A usage error.
            main(arguments)
        output = capsys.readouterr()
        return output.out + output.err

    return run


@pytest.mark.parametrize("command", COMMANDS[:1] + COMMANDS[6:10] + COMMANDS[-2:])
def test_command_line_prints_no_command(command, run, server, store, tmp_path, caplog):
    def edit(script):
        for key in "dr":
            recipe = project.get_recipe(key).get_settings()
            recipe.set_payload(script)
            recipe.recipe_settings["labels"] = [script]
            recipe.save()

    project = DSSClient(server.url, server.api_key).get_project("ORDERS_DEMO")
    for key in "dr":
        store.add_recipe("ORDERS_DEMO", key, type="python", payload="x")
    edit(f"a\n{command}\nb\n")
    outputs = [run("sync")]
    edit(f"a\n{command}\nc\n")
    outputs += [
        run("drift", "--format", name) for name in ("text", "markdown", "json", "junit")
    ]
    outputs += [run("show", "recipe.ORDERS_DEMO.d"), run("show"), run("show", command)]
    outputs += [run("drift", "--baseline", f"x{command.replace('/', '')}")]
    outputs += [run("refresh"), run("diff", "1"), run("verify"), run(command)]
    state = tmp_path / ".dataiku/state/dev.state.json"
    name = re.sub("[/\n\r]", "", command)
    state.with_name(f"dev.state.pre-serial-1-{name}.json").write_bytes(
        state.read_bytes()
    )
    outputs += [run("history")]
    server.faults = lambda method, path: Fault.error(500, "java.Error", command)
    outputs += [run("drift"), run("refresh"), run("sync")]
    for output in outputs:
        assert obeyed(output.replace("\t", "")) == []
    assert any("java.Error" in output for output in outputs)
