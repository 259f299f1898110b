"""Runs what is on a page of the site, from its top to its end, in an empty folder.

A page is one session of one person. Blocks are run by their language:

* ``console``: commands after ``$``, with what they print below them.
* ``bash``: commands, each of which has to succeed.
* ``python``: in one namespace for the page.
* any with a title: a file of that name, which is written.

The instances of DSS that a page names are embedded ones. The commands of this library
run inside the process, since Python takes a second to load it.
"""

import contextlib
import io
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from dataikuapi import DSSClient
from dataikuapi.iac import cli
from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.config.file import load_config
from dataikuapi.iac.sandbox import (
    SAMPLE_PROJECT_KEY,
    ProjectStore,
    SandboxServer,
    sample_folder,
)
from pages import Block, blocks_of, with_bodies

__all__ = ["Session", "SessionError", "comparable", "run_page"]

ROOT = Path(__file__).parents[1]
LOCAL = "http://127.0.0.1:11200"
DSS, PRODUCTION = "https://dss.example.com", "https://prod.dss.example.com"
PLAIN = "http://dss.example.com:11200"
"""For what says that the connection is not encrypted, as that to the sandbox is not."""
KEY, OTHER_KEY = "an-api-key", "another-api-key"
FOLDER = "/home/ann/work"
STATUS, NOWHERE = "; echo $?", " >/dev/null"
SHELL = re.compile(r"[|&;<>$`()\n]")
"""What makes a command one for the shell."""
MASKED = (
    (re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:[\d.]+Z?)?"), "TIME"),
    # With what setuptools-scm adds between two tags.
    (re.compile(r"\b\d+\.\d+\.(\d+(\.dev\d+)?|dev\d+)(\+[\w.]+)?\b"), "VERSION"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[0-9a-f]{7,64}\b"), "DIGEST"),
    (re.compile(r"\b\d+(\.\d+)? ?(B|kB|MB|ms|s)\b"), "SIZE"),
    (re.compile(r"line \d+, column \d+"), "PLACE"),
    (re.compile(r"[\d,]+ bytes"), "SIZE"),
)


class SessionError(Exception):
    """A block of a page does not do what the page says."""


def comparable(text: str) -> str:
    """Return a transcript without what differs from run to run."""
    text = re.sub(r"\s+", " ", text)
    for pattern, name in MASKED:
        text = pattern.sub(name, text)
    return text


def run_page(text: str, folder: Path) -> str:
    """Run a page.

    Args:
        text: of the page.
        folder: an empty one.

    Returns:
        The page, with what was printed in place of what it says is printed. What
        differs only in times and the like stays as it is.

    Raises:
        SessionError: if a block fails.
    """
    blocks = list(blocks_of(text))
    if all(block.reason_not_to_run for block in blocks):
        return text
    bodies = []
    shown = next((url for url in (LOCAL, PLAIN) if url in text), DSS)
    with Session.start(folder, shown) as session:
        for block in blocks:
            printed = session.run(block)
            if printed is not None and comparable(printed) != comparable(block.body):
                bodies.append((block, printed))
    return with_bodies(text, bodies)


class Session:
    """What is going on while a page is run.

    Args:
        folder: where the person is.
        dss: the instance of the page, with the sample project.
        production: another one, which is empty.
        shown: the address of the first one on the page.

    Attributes:
        names: what blocks of Python have defined; hidden ones find the session in it.
    """

    def __init__(
        self,
        folder: Path,
        dss: SandboxServer,
        production: SandboxServer,
        shown: str,
    ) -> None:
        self.folder, self._shown = folder, shown
        self.dss, self.production = dss, production
        self.names: dict[str, Any] = {"__name__": "page", "session": self}
        self._real = {
            PRODUCTION: production.url,
            DSS: dss.url,
            PLAIN: dss.url,
            LOCAL: dss.url,
            KEY: dss.api_key if shown == LOCAL else dss.store.add_api_key("ann"),
            OTHER_KEY: production.store.add_api_key("ann"),
        }
        self._printed = ""

    @classmethod
    @contextlib.contextmanager
    def start(cls, folder: Path, shown: str) -> Iterator["Session"]:
        """Start the instances, and work in the folder."""
        store, production = ProjectStore(), ProjectStore()
        store.load_folder(sample_folder())
        before = Path.cwd()
        with (
            SandboxServer(store) as dss,
            SandboxServer(production) as other,
            mock.patch.dict(os.environ, _environment(folder), clear=True),
        ):
            os.chdir(folder)
            try:
                yield cls(folder, dss, other, shown)
            finally:
                os.chdir(before)

    def client(self, project_key: str = SAMPLE_PROJECT_KEY) -> Any:
        """Return the project as the client has it, for a colleague who edits it."""
        key = self.dss.store.add_api_key("bob", key="key-of-bob")
        return DSSClient(self.dss.url, key).get_project(project_key)

    def connect(self) -> None:
        """Set URL and key, as a page does that is about what follows."""
        os.environ.update(DATAIKU_HOST=self._real[DSS], DATAIKU_API_KEY=self._real[KEY])

    def sync(self) -> None:
        """Connect, and store the state of the project."""
        self.connect()
        self._bash("dataiku-iac sync --project ORDERS_DEMO")

    def edit(self) -> None:
        """Edit the project in several ways, as a colleague does."""
        project = self.client()
        countries = project.get_dataset("countries").get_settings()
        countries.add_raw_schema_column({"name": "channel", "type": "string"})
        countries.save()
        recipe = project.get_recipe("compute_orders_enriched").get_settings()
        code = recipe.get_code()
        recipe.set_code(code.replace('by("order_id")', 'by("order_id", sort=False)'))
        recipe.save()
        project.get_recipe("recipe from notebook maria's scores").delete()
        project.create_dataset("returns", "Filesystem")

    def git(self) -> None:
        """Make the folder a repository."""
        self._bash("git init -q .")
        self._bash("git config user.email ann@example.com")
        self._bash("git config user.name ann")

    def run(self, block: Block) -> str | None:
        """Run a block.

        Returns:
            What it should be, if it is printed by something.

        Raises:
            SessionError: if it fails.
        """
        if block.reason_not_to_run:
            return None
        if block.is_output:
            return self._printed
        if block.title is not None:
            self._write(block.title, block.body)
            return None
        run = {
            "console": self._console,
            "bash": self._bash,
            "python": self._python,
            "hidden": self._python,
        }.get(block.language)
        if run is None:
            text = f"{block.language} is not run, and no comment says why"
            raise SessionError(f"line {block.line}: {text}")
        try:
            return run(block.body)
        except Exception as error:
            raise SessionError(f"line {block.line}: {error}") from error

    def command(self, line: str) -> tuple[int, str]:
        """Run a command; return its exit code and what it prints."""
        line = self._really(line)
        simple = line.removesuffix(NOWHERE)
        arguments = [] if SHELL.search(simple) else shlex.split(simple, comments=True)
        if arguments[:1] == ["dataiku-iac"]:
            code, printed = _run_here(arguments[1:])
            printed = printed if simple == line else ""
        else:
            code, printed = self._shell(line)
        return code, self._as_shown(printed)

    def _console(self, body: str) -> str:
        """Return the commands, each with what it prints."""
        lines = []
        for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", body, re.MULTILINE):
            asked = command.endswith(STATUS)
            joined = command.removesuffix(STATUS).replace("\\\n", "")
            code, printed = self.command(joined)
            lines += [f"$ {command}", printed.rstrip("\n"), str(code) if asked else ""]
        return "".join(f"{line}\n" for line in lines if line)

    def _bash(self, body: str) -> None:
        for line in body.replace("\\\n", "").splitlines():
            command = line.strip()
            if command and not command.startswith("#"):
                code, printed = self.command(command)
                if code:
                    raise SessionError(f"{command} exits with {code}: {printed}")

    def _python(self, body: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as stream:
            exec(compile(self._really(body), "page", "exec"), self.names)
        self._printed = self._as_shown(stream.getvalue())

    def _write(self, name: str, text: str) -> None:
        path = Path(name).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._really(text), "utf-8")
        if path.name == "dataiku-iac.yaml":
            for environment in load_config(path).environments.values():
                open_backend(environment.state)  # Connects to nothing yet.

    def _shell(self, line: str) -> tuple[int, str]:
        """Run a line by bash; its folder and its variables stay."""
        script = f'{line}\ncode=$?; {{ pwd; env -0; }} >"$HOME/.after"; exit $code'
        done = subprocess.run(
            ["bash", "-c", script],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        after = Path(os.environ["HOME"], ".after")
        if after.exists():
            folder, _, variables = after.read_text("utf-8").partition("\n")
            after.unlink()
            os.chdir(folder)
            pairs = (pair.partition("=") for pair in variables.split("\0") if pair)
            os.environ.update({name: value for name, _, value in pairs})
        return done.returncode, done.stdout

    def _really(self, text: str) -> str:
        """Return what is on the page with the addresses and the keys of this run."""
        for shown, real in self._real.items():
            text = text.replace(shown, real)
        return text

    def _as_shown(self, text: str) -> str:
        """Return what was printed as the page has it."""
        for found, shown in {
            self.production.url: PRODUCTION,
            self.dss.url: self._shown,
            self._real[KEY]: KEY,
            self._real[OTHER_KEY]: OTHER_KEY,
            str(self.folder): FOLDER,
            str(ROOT): "/opt/venv/lib/python3.12/site-packages",
            socket.gethostname(): "laptop",
        }.items():
            text = text.replace(found, shown)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _run_here(arguments: list[str]) -> tuple[int, str]:
    """Run the command line in this process; both streams are one, as on a terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    code: object
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        try:
            code = cli.main(arguments)
        except SystemExit as end:
            code = end.code
    stream.seek(0)
    return int(str(code or 0)), stream.read()


def _environment(folder: Path) -> Mapping[str, str]:
    home = folder.parent / f"home-of-{folder.name}"
    home.mkdir(exist_ok=True)
    programs = Path(sys.executable).parent
    return {
        "COLUMNS": "80",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LOGNAME": "ann",
        "PIP_NO_INDEX": "1",  # What a page installs is there already.
        "USER": "ann",
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
