"""A user's type checker takes what the README shows, beside the untyped client."""

import re
import sys
from pathlib import Path

import pytest

from iac.venvs import Venv, build_wheel, client_wheel, copy_source

pytest.importorskip("mypy")
pytestmark = pytest.mark.slow

README = Path(__file__).resolve().parents[2] / "README.md"

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

    def run(text):
        (folder / "snippet.py").write_text(text, "utf-8")
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
        command += ["--python-executable", environment.python]
        command += ["--cache-dir", folder / "cache", folder / "snippet.py"]
        return environment.run(*map(str, command)).stdout

    return run


def test_snippets_of_the_readme_pass(check):
    snippets = re.findall(
        r"^```python\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert snippets
    for snippet in snippets:
        assert "Success" in check(snippet)


def test_untyped_names_of_the_client_pass_and_wrong_types_do_not(check):
    error, *_ = check(OTHER_NAMES).splitlines()

    assert re.search(r':15: error: Argument 2 to "read" has incompatible type', error)
