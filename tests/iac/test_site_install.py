"""What the pages tell to install: it is installed, from a copy of the sources."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import metadata, version

import pytest

from iac.venvs import ROOT, Venv, client_wheel, copy_source
from pages import block_with, page_files

# What Python brings along is replaced: it makes environments without what the library
# depends on, and with a setuptools that is too old.
PYTHON = """#!/bin/sh -e
{python} "$@" --without-pip
cp {site}/dependencies.pth .venv/lib/python*/site-packages/
printf '#!/bin/sh\\nexec "${{0%%pip}}python" -m pip "$@"\\n' >.venv/bin/pip
chmod +x .venv/bin/pip
"""


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone of the repository, on a machine without a network."""
    others = Venv.create(tmp_path / "others")
    client_wheel(tmp_path, version("dataiku-api-client"))
    program = tmp_path / "bin" / "python3"
    program.parent.mkdir()
    program.write_text(PYTHON.format(python=sys.executable, site=others.site), "utf-8")
    program.chmod(0o755)
    for name in [name for name in os.environ if name.startswith(("DATAIKU", "PIP"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_NO_BUILD_ISOLATION": "0",  # It reads: without.
        "PIP_NO_COMPILE": "1",
        "PIP_NO_INDEX": "1",
        "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_DATAIKU_IAC": version("dataiku-iac"),
    }.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "clone"
    folder.mkdir()
    copy_source(folder)
    shutil.copytree(ROOT / "demos", folder / "demos")
    return folder


def bash(script, folder):
    """Run a script in a folder; return what it prints."""
    command = ["bash", "-ec", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_one_line_of_the_readme_installs_and_shows_drift(clone):
    printed = bash(block_with("README.md", "demos/week1").body, clone)
    assert "+ dataset.ORDERS_DEMO.returns" in printed
    assert (clone / ".dataiku/state/demo.state.json").is_file()


@pytest.mark.slow
def test_first_step_installs_the_command_and_the_sandbox(clone, tmp_path):
    install = block_with("docs/get-started.md", "source .venv").body
    script = f"{install}cd {tmp_path}\ncommand -v dataiku-iac\ndataiku-iac --version"
    *printed, command, told = bash(script, clone).splitlines()
    assert any("satisfied: uvicorn" in line for line in printed)
    assert command == str(clone / ".venv/bin/dataiku-iac")
    assert version("dataiku-iac") in told


def test_each_extra_that_is_named_exists():
    """pip only warns of one that does not."""
    texts = [page.read_text("utf-8") for page in page_files()]
    named = re.findall(r"(?:dataiku-iac|'\.)\[([\w,]+)\]", " ".join(texts))
    assert len(named) > 5
    extras = metadata("dataiku-iac").get_all("Provides-Extra") or []
    assert {name for each in named for name in each.split(",")} <= {*extras}
