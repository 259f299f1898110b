"""Fixtures: the real client against the sandbox, or against a real instance."""

import os
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from unittest.mock import create_autospec

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateBackend, StateManager
from dataikuapi.iac.sandbox import (
    SAMPLE_PROJECT_KEY,
    ProjectStore,
    SandboxServer,
    sample_folder,
)

REAL_SETTINGS = ("DATAIKU_HOST", "DATAIKU_API_KEY", "DATAIKU_PROJECT")
REAL_PROJECTS = Path(__file__).resolve().parents[3] / "shared" / "dss-projects"


def pytest_addoption(parser):
    """Let the integration tests run against a real instance."""
    parser.addoption(
        "--long",
        action="store_true",
        help="run campaigns in full, which takes minutes",
    )
    parser.addoption(
        "--real-dataiku",
        action="store_true",
        help="read from DATAIKU_HOST with DATAIKU_API_KEY, project DATAIKU_PROJECT",
    )


def pytest_collection_modifyitems(config, items):
    """Against a real instance run what only reads, and leave out everything else."""
    if not config.getoption("--real-dataiku"):
        return
    missing = [name for name in REAL_SETTINGS if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(f"--real-dataiku needs {', '.join(missing)}")
    reading = [item for item in items if "dataiku_project" in item.fixturenames]
    config.hook.pytest_deselected(items=[i for i in items if i not in reading])
    items[:] = reading


def pytest_generate_tests(metafunc):
    """Run what asks for a ``project_folder`` on the sample and on real projects."""
    if "project_folder" in metafunc.fixturenames:
        folders = sorted(path for path in REAL_PROJECTS.glob("*") if path.is_dir())
        cases = [pytest.param(folder, id=folder.name) for folder in folders]
        if not folders:
            reason = f"no real projects at {REAL_PROJECTS}"
            mark = pytest.mark.skip(reason=reason)
            cases = [pytest.param(None, id="real-projects", marks=mark)]
        cases.append(pytest.param(sample_folder(), id="sample"))
        metafunc.parametrize("project_folder", cases)


@pytest.fixture
def store():
    """An imaginary DSS with the sample project in it."""
    store = ProjectStore()
    store.load_folder(sample_folder())
    return store


@pytest.fixture(scope="session")
def serve():
    """Return a function that serves a store, until the end of the session.

    Stopping takes a tenth of a second each, so nobody waits for it between two tests.
    """
    stopping = []

    @contextmanager
    def served(store):
        server = SandboxServer(store).start()
        try:
            yield server
        finally:
            stopping.append(Thread(target=server.stop))
            stopping[-1].start()

    yield served
    for thread in stopping:
        thread.join()


@pytest.fixture
def server(store, serve):
    """The store, served over HTTP."""
    with serve(store) as server:
        yield server


@pytest.fixture
def real_dataiku(request):
    """Whether the tests run against a real instance."""
    return request.config.getoption("--real-dataiku")


@pytest.fixture
def dataiku_host(request, real_dataiku):
    """URL of the instance."""
    if real_dataiku:
        return os.environ["DATAIKU_HOST"]
    return request.getfixturevalue("server").url


@pytest.fixture
def dataiku_api_key(request, real_dataiku):
    """A key to it."""
    if real_dataiku:
        return os.environ["DATAIKU_API_KEY"]
    return request.getfixturevalue("server").api_key


@pytest.fixture
def dataiku_project(real_dataiku):
    """Key of a project with at least one dataset and one recipe."""
    return os.environ["DATAIKU_PROJECT"] if real_dataiku else SAMPLE_PROJECT_KEY


@pytest.fixture
def dataiku_client(dataiku_host, dataiku_api_key):
    """The real client."""
    return DSSClient(dataiku_host, dataiku_api_key)


@pytest.fixture
def state_manager(tmp_path, dataiku_client):
    """A manager of environment "test" over an empty folder."""
    backend = LocalFileBackend(tmp_path / "test.state.json")
    return StateManager(backend, dataiku_client, "test")


@pytest.fixture
def mock_backend():
    """A backend that does nothing but what a test tells it."""
    return create_autospec(StateBackend, instance=True)


@pytest.fixture
def mock_client():
    """A real client whose answers come from the dict ``client.answers``, by path.

    The handles that it makes are the real ones, so that a call which the client does
    not have fails as it would on a real instance.
    """
    client = DSSClient("http://dss.invalid", "key")
    client.answers = {}

    def perform_json(method, path, **kwargs):
        if (method, path) not in client.answers:
            raise DataikuException(
                f"com.dataiku.dip.exceptions.NotFoundException: no {method} {path}"
            )
        return client.answers[method, path]

    client._perform_json = perform_json
    return client
