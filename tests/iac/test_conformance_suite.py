"""The conformance suite, as authors of backends elsewhere use it."""

import os
import re
import subprocess
import sys

import pytest

from pages import block_with

pytestmark = pytest.mark.slow

# A package of somebody else, whose backends are a good one and some broken ones.
THEIR_TESTS = """
from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.backends.conformance import BackendConformance
from dataikuapi.iac.models.capabilities import Capability


class Careless(LocalFileBackend):
    def save(self, state, *, force=False):
        super().save(state, force=True)


class Boasting(LocalFileBackend):
    capabilities = LocalFileBackend.capabilities | {
        Capability.LOCK_RELEASE, Capability.PARTS
    }


class Secretive(LocalFileBackend):
    capabilities = frozenset()


class TestGood(BackendConformance):
    def open_backend(self, place):
        return LocalFileBackend(place)


class TestCareless(BackendConformance):
    def open_backend(self, place):
        return Careless(place)


class TestBoasting(BackendConformance):
    def open_backend(self, place):
        return Boasting(place)


class TestSecretive(BackendConformance):
    def open_backend(self, place):
        return Secretive(place)


def make():
    class TestHidden(BackendConformance):
        def open_backend(self, place):
            return LocalFileBackend(place)
    return TestHidden


TestHidden = make()
"""

CHOSEN = """
Good and (own_projects or killed_is_taken or second_is_refused or LOCK_RELEASE)
or Careless and second_is_refused
or Boasting and (taken_away_by_force or one_project_costs)
or Secretive and (HISTORY or JOURNAL or LOCK_LIST)
or Hidden and different_projects
"""


# What the example of the site takes for granted: a backend, and where it stores.
MY_PACKAGE = """
from dataikuapi.iac import LocalFileBackend


class MyBackend(LocalFileBackend):
    def __init__(self, place, lease_seconds=30):
        super().__init__(place)
"""
MY_SERVER = """
from types import SimpleNamespace

import pytest


@pytest.fixture
def my_server(tmp_path):
    return SimpleNamespace(url=str(tmp_path))
"""


def run_pytest(folder, chosen):
    """Run the chosen tests in a folder; return what pytest prints."""
    options = ["-q", "-rA", "--import-mode=importlib"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-k", chosen.replace("\n", " ")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return run.stdout + run.stderr


def outcomes(printed):
    """Return how each test ended, by its class and its name."""
    lines = re.findall(r"^(PASSED|FAILED) .*::Test(\w+)::(\S+)", printed, re.MULTILINE)
    assert lines, printed
    return {(kind, test): word for word, kind, test in lines}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """What pytest says of each test: test files are in no package."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "test_theirs.py").write_text(THEIR_TESTS)
    printed = run_pytest(folder, CHOSEN)
    return outcomes(printed), printed


def test_the_example_of_the_site_works(tmp_path):
    example = block_with("docs/backends.md", "BackendConformance\n").body
    files = {"my_package": MY_PACKAGE, "conftest": MY_SERVER, "test_mine": example}
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    chosen = "own_projects or killed_is_taken or second_is_refused"
    found = outcomes(run_pytest(tmp_path, chosen))
    assert len(found) > 3 and {*found.values()} == {"PASSED"}
    assert {kind for kind, _ in found} == {"MyBackend"}


def failed(outcome, kind):
    """Return the tests of a class that failed."""
    return {test for (of, test), word in outcome[0].items() if (of, word) == kind}


def test_a_good_backend_passes(outcome):
    words = [word for (kind, _), word in outcome[0].items() if kind == "Good"]
    assert len(words) == 6 and set(words) == {"PASSED"}


def test_a_lost_update_is_noticed(outcome):
    found = failed(outcome, ("Careless", "FAILED"))
    assert "test_of_two_who_loaded_the_same_the_second_is_refused" in found


def test_what_is_declared_has_to_hold(outcome):
    found = failed(outcome, ("Boasting", "FAILED"))
    assert {
        "test_a_lock_is_taken_away_by_force",
        "test_one_project_costs_what_it_costs[whole]",
    } <= found


def test_what_is_not_declared_has_to_be_absent(outcome):
    found = failed(outcome, ("Secretive", "FAILED"))
    assert {
        f"test_what_is_not_promised_is_told[{name}]"
        for name in ("HISTORY", "JOURNAL", "LOCK_LIST")
    } <= found


def test_a_class_that_other_processes_cannot_import_is_told(outcome):
    assert failed(outcome, ("Hidden", "FAILED"))
    assert "move TestHidden to the top of its module" in outcome[1]


def test_a_failure_shows_the_values(outcome):
    """As in a test file: pytest rewrites the assertions of the suite."""
    assert re.search(r"^E +assert \d+ < ", outcome[1], re.MULTILINE)


def run_python(code):
    line = [sys.executable, "-c", code]
    return subprocess.run(line, capture_output=True, text=True)


def test_without_pytest_it_says_what_to_install():
    run = run_python(
        "import sys; sys.modules['pytest'] = None\n"
        "import dataikuapi.iac.backends\n"
        "import dataikuapi.iac.backends.conformance"
    )
    assert run.returncode == 1
    assert "ImportError: the conformance suite" in run.stderr
    assert "pip install pytest" in run.stderr


def test_the_library_does_not_import_it():
    run = run_python(
        "import sys, dataikuapi.iac.backends\n"
        "print([m for m in sys.modules if m == 'pytest' or 'conformance' in m])"
    )
    assert run.stdout.strip() == "[]", run.stderr
