"""Fixtures: the real client, against the sandbox or a real instance."""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from unittest.mock import create_autospec

import pytest
from dataikuapi.utils import DataikuException
from hypothesis import settings

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateBackend, StateManager, cli
from dataikuapi.iac.sandbox import (
    SAMPLE_PROJECT_KEY,
    ProjectStore,
    SandboxServer,
    sample_folder,
)
from dataikuapi.iac.sync.client_adapter import ClientAdapter
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.types import CORE_TYPES
from iac.buckets import Bucket, s3_server
from iac.servers import postgres_cluster
from own_coverage import is_measured

# How long an example takes depends on what else the machine is doing. The examples of a
# property are the same in each run, so that a run fails for what was changed; --long
# looks for new ones.
settings.register_profile("short", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None)

REAL_SETTINGS = ("DATAIKU_HOST", "DATAIKU_API_KEY", "DATAIKU_PROJECT")
REAL_PROJECTS = Path(__file__).resolve().parents[3] / "shared" / "dss-projects"


def pytest_addoption(parser):
    """Add the options --long and --real-dataiku."""
    parser.addoption(
        "--long",
        action="store_true",
        help="run the long tests in full, which takes minutes",
    )
    parser.addoption(
        "--real-dataiku",
        action="store_true",
        help="read from DATAIKU_HOST with DATAIKU_API_KEY, project DATAIKU_PROJECT",
    )


def pytest_configure(config):
    """Choose how properties are tested."""
    settings.load_profile("long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(config, items):
    """Mark the tests whose coverage is measured.

    With --real-dataiku, select only the read-only integration tests.
    """
    for item in items:
        if is_measured(item.path):
            item.add_marker(pytest.mark.measured)
    if not config.getoption("--real-dataiku"):
        return
    missing = [name for name in REAL_SETTINGS if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(f"--real-dataiku needs {', '.join(missing)}")
    read_only = [item for item in items if "dataiku_project" in item.fixturenames]
    config.hook.pytest_deselected(items=[i for i in items if i not in read_only])
    items[:] = read_only


def pytest_generate_tests(metafunc):
    """Parametrize ``project_folder`` with the sample and all real projects."""
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
def long(request):
    """Whether campaigns run in full."""
    return request.config.getoption("--long")


@pytest.fixture
def no_hanging(long):
    """Fail a test that hangs, after a time that no busy machine needs."""

    def fail(number, frame):
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(1800 if long else 300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def path(tmp_path):
    """Where the state goes, in a folder that does not exist yet."""
    return tmp_path / "state" / "dev.state.json"


@pytest.fixture
def backend(path):
    """A backend that stores nothing yet."""
    return LocalFileBackend(path)


@pytest.fixture(scope="session")
def postgres():
    """PostgreSQL, with the database ``postgres``; tests use schemas of their own."""
    with postgres_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def s3_endpoint():
    """The address of moto's server, which speaks S3."""
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint):
    """A bucket that nobody else uses."""
    return Bucket(s3_endpoint)


@pytest.fixture
def person(server, tmp_path):
    """Return a function that makes a manager; all share one state file."""

    def make(environment="dev"):
        backend = LocalFileBackend(tmp_path / "shared.state.json")
        client = DSSClient(server.url, server.api_key)
        return StateManager(backend, client, environment)

    return make


@pytest.fixture
def two(person):
    """Two managers over a state that has the sample project."""
    ann, bob = person(), person()
    ann.save_state(ann.sync_project(SAMPLE_PROJECT_KEY))
    return ann, bob


@pytest.fixture(autouse=True)
def core_types(request, monkeypatch):
    """Read project, dataset and recipe by default, whatever other types there are.

    Most tests are about something else, and count objects. Those that are about the
    default are marked with ``all_types``.
    """
    if request.node.get_closest_marker("all_types") is None:
        names = [kind.name for kind in CORE_TYPES]
        monkeypatch.setattr(ClientAdapter, "default_types", lambda self: names)


@pytest.fixture(scope="module", autouse=True)
def empty_caches():
    """Start each file of tests with empty caches, whatever ran before it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("dataikuapi.iac"):
            for function in vars(module).values():
                if hasattr(function, "cache_clear"):
                    function.cache_clear()


@pytest.fixture
def store():
    """A sandbox store with the sample project."""
    store = ProjectStore()
    store.load_folder(sample_folder())
    return store


@pytest.fixture(scope="session")
def serve():
    """Return a context manager that serves a store.

    Stopping a server takes a tenth of a second, so it happens in the background, and
    only the end of the session waits for it.
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
def sigint():
    """SIGINT raises KeyboardInterrupt, here and in the processes started here.

    A shell that starts pytest in the background has it ignored.
    """
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


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
    """API key for the instance."""
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
    """A manager of the environment "test", with no stored state."""
    backend = LocalFileBackend(tmp_path / "test.state.json")
    return StateManager(backend, dataiku_client, "test")


@pytest.fixture
def mock_backend():
    """A mock backend, to be configured by the test."""
    return create_autospec(StateBackend, instance=True)


@pytest.fixture
def mock_client():
    """A real client with canned responses, by method and path, in ``client.answers``.

    Its handles are the real ones, so a call that the client does not have fails as it
    would against a real instance.
    """
    client = DSSClient("http://dss.invalid", "key")
    setattr(client, "answers", {})

    def perform_json(method, path, **kwargs):
        if (method, path) not in client.answers:
            raise DataikuException(
                f"com.dataiku.dip.exceptions.NotFoundException: no {method} {path}"
            )
        return client.answers[method, path]

    client._perform_json = perform_json
    return client


@pytest.fixture
def run(server, tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; return the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RetryPolicy, "wait", lambda *_: None)
    for name in [name for name in os.environ if name.startswith("DATAIKU")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATAIKU_HOST", server.url)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)

    def command(*arguments):
        code: object
        try:
            code = cli.main([*map(str, arguments)])
        except SystemExit as end:
            code = end.code
        output = capsys.readouterr()
        assert server.api_key not in output.out + output.err
        return code, output.out, output.err

    return command


@pytest.fixture
def synced(run):
    """Like run, after a sync of the sample project."""
    assert run("sync", "--project", SAMPLE_PROJECT_KEY)[0] == 0
    return run
