"""A user's type checker takes what the pages show, beside the untyped client."""

import re
import sys

import pytest

from iac.venvs import Venv, build_wheel, client_wheel, copy_source
from pages import blocks_of, page_files

pytest.importorskip("mypy")
pytestmark = pytest.mark.slow

# What code inside DSS has, and no package index.
INSIDE_DSS = """
from dataikuapi import DSSClient

class Folder:
    def __init__(self, lookup: str) -> None: ...
    def get_path(self) -> str: ...

def api_client() -> DSSClient: ...
"""

OTHER_NAMES = """
from dataikuapi import DSSClient, GovernClient
from dataikuapi.dssclient import DSSClient as SameClient
from dataikuapi.utils import DataikuException
from dataikuapi.iac import DataikuIaCError, State, StateManager

def read(client: SameClient, manager: StateManager) -> State:
    try:
        print(client.get_project("SHOP").get_summary()["name"], GovernClient)
        return manager.load_state()
    except DataikuIaCError as error:
        raised: DataikuException = error
        raise raised

print(read(DSSClient("http://dss.invalid", "key"), StateManager.local))
"""


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Check a text as a user would, where wheels of both packages are installed."""
    folder = tmp_path_factory.mktemp("typing")
    source = folder / "source"
    source.mkdir()
    copy_source(source)
    environment = Venv.create(folder / "venv")
    environment.install(build_wheel(source, folder), client_wheel(folder, "98.0"))

    (folder / "dataiku.pyi").write_text(INSIDE_DSS, "utf-8")

    def run(**texts):
        for name, text in texts.items():
            (folder / f"{name}.py").write_text(text, "utf-8")
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
        command += ["--python-executable", environment.python]
        command += ["--cache-dir", folder / "cache"]
        command += [folder / f"{name}.py" for name in texts]
        return environment.run(*map(str, command)).stdout

    return run


def test_snippets_of_the_pages_pass(check):
    snippets = {}
    for page in page_files():
        blocks = blocks_of(page.read_text("utf-8"))
        shown = [x for x in blocks if x.language == "python" and not x.note]
        code = "\n".join(block.body for block in shown)
        if code:
            snippets[f"page_{page.stem.replace('-', '_')}"] = code
    assert len(snippets) > 5
    assert "Success" in (told := check(**snippets)), told


def test_untyped_names_of_the_client_pass_and_wrong_types_do_not(check):
    error, *_ = check(names=OTHER_NAMES).splitlines()

    assert re.search(r':15: error: Argument 2 to "read" has incompatible type', error)
