"""Syncs in other processes return what a sync here does, or say what they did not."""

import logging
import multiprocessing
import pickle
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    ExecutorError,
    LocalFileBackend,
    ProjectSync,
    State,
    StateManager,
    SyncError,
    exceptions,
)
from dataikuapi.iac.exceptions import (
    ConfirmedRemovalError,
    DSSAuthenticationError,
    DSSPermissionError,
    TypeNotSupportedError,
)
from dataikuapi.iac.sandbox import Fault, ProjectStore
from dataikuapi.iac.sync.instance import InstanceReader
from dataikuapi.iac.sync.policy import RetryPolicy
from iac.dying import die_at
from pages import block_with

KEYS = [f"P{number}" for number in range(5)]
REFUSED = Fault.error(
    401, "com.dataiku.dip.exceptions.NotAuthenticatedException", "Unknown API Key"
)
pytestmark = pytest.mark.usefixtures("no_hanging")


@pytest.fixture
def store():
    """A sandbox store with five small projects."""
    store = ProjectStore()
    for key in KEYS:
        add_project(store, key)
    return store


def add_project(store, key):
    """Add a project with a dataset and a recipe."""
    store.add_project(key)
    store.add_dataset(key, "orders")
    store.add_recipe(key, "clean", type="python", payload=f"print({key!r})")


@pytest.fixture
def manager(server, path):
    """A manager that stores in a file."""
    client = DSSClient(server.url, server.api_key)
    policy = RetryPolicy(max_retries=0)
    return StateManager(
        LocalFileBackend(path), client, "dev", max_workers=2, policy=policy
    )


@pytest.fixture(scope="module")
def processes():
    """A pool of two processes, which share nothing with this one."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn) as executor:
        yield executor


@pytest.fixture
def threads():
    """A pool of threads: what tasks do is the same, without another process."""
    with ThreadPoolExecutor(3) as executor:
        yield executor


def plain(state):
    """Return a state without the times of its reading."""
    document = state.to_dict()
    document.pop("updated_at")
    for entry in document["resources"].values():
        entry["metadata"].pop("deployed_at")
    for entry in document["scope"]:
        entry.pop("read_at")
    return document


def everything(state):
    """Return all that a sync says."""
    start = state.reading_start
    more = state.unknown, state.unknown_in_part, state.unsupported
    return plain(state), more, start


def outcome(sync, **options):
    """Return all that a sync says, or the error that it raises."""
    try:
        return everything(sync(**options))
    except SyncError as error:
        said = {key: str(each) for key, each in error.failures.items()}
        return everything(error.state), said, str(error)
    except exceptions.DataikuIaCError as error:
        return type(error), str(error)


# The same as without


@pytest.mark.slow
def test_other_processes_return_what_a_sync_here_does(manager, processes):
    state = manager.sync_all(executor=processes)
    assert everything(state) == everything(manager.sync_all())
    assert {item.project_key for item in state} == set(KEYS)
    assert not manager.backend.exists()
    manager.save_state(state)
    assert manager.drift().in_sync


def test_projects_and_types_can_be_chosen(manager, processes):
    chosen = {"projects": ["P1", "P3"], "types": ["dataset"]}
    state = manager.sync_all(**chosen, executor=processes)
    assert everything(state) == everything(manager.sync_all(**chosen))
    assert {item.project_key for item in state} == {"P1", "P3"}
    only = manager.sync_all(types=["dataset"], executor=processes)
    assert everything(only) == everything(manager.sync_all(types=["dataset"]))


@pytest.mark.parametrize("on_error", ["raise", "keep"])
@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("/projects/P1/datasets/", Fault.error(500, "x.Y", "boom")),
        ("/projects/P2/settings", Fault.error(500, "x.Y", "boom")),
        ("/projects/P2", Fault.error(500, "x.Y", "boom")),
        ("/projects/", Fault.page()),
        ("", REFUSED),
    ],
)
def test_what_cannot_be_read_is_told_alike(
    manager, server, threads, on_error, pattern, fault
):
    manager.save_state(manager.sync_all())
    server.faults = lambda method, path: fault if path.startswith(pattern) else None
    told = outcome(manager.sync_all, on_error=on_error)
    assert outcome(manager.sync_all, on_error=on_error, executor=threads) == told


def test_errors_of_other_processes_are_those_of_this_one(manager, server, processes):
    server.faults = lambda method, path: (
        Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")
        if "/P1/datasets/" in path
        else None
    )
    told = outcome(manager.sync_all)
    assert outcome(manager.sync_all, executor=processes) == told
    with pytest.raises(SyncError) as raised:
        manager.sync_all(executor=processes)
    assert type(raised.value.failures["dataset.P1.*"]) is DSSPermissionError


def test_a_project_that_vanished_is_unknown_until_confirmed(
    manager, server, store, threads
):
    manager.save_state(manager.sync_all())
    store.delete_project("P3")
    state = manager.sync_all(executor=threads)
    assert everything(state) == everything(manager.sync_all())
    assert "no longer lists project P3" in state.unknown["project.P3"]
    confirmed = {"confirm_removed": ["P3"]}
    removed = manager.sync_all(**confirmed, executor=threads)
    assert everything(removed) == everything(manager.sync_all(**confirmed))
    with pytest.raises(ConfirmedRemovalError):
        manager.sync_all(confirm_removed=["P1"], executor=threads)
    with pytest.raises(ValueError, match="requires a sync of all projects"):
        manager.sync_all(["P1"], **confirmed, executor=threads)


def test_no_project_is_an_error(manager, store, threads):
    for key in KEYS:
        store.delete_project(key)
    with pytest.raises(DSSPermissionError, match="sees no project"):
        manager.sync_all(executor=threads)


def test_progress_is_that_of_the_projects(manager, threads):
    seen = []
    manager.sync_all(executor=threads, progress=lambda *counts: seen.append(counts))
    assert seen == [(number, 5) for number in range(1, 6)]


def test_a_key_that_dss_refuses_ends_the_sync_soon(manager, server):
    requests = []

    def refuse(method, path):
        requests.append(path)
        is_listing = path in ("/projects/", "/auth/info", "/instance-info")
        return None if is_listing else REFUSED

    server.faults = refuse
    with ThreadPoolExecutor(1) as executor, pytest.raises(DSSAuthenticationError):
        manager.sync_all(executor=executor)
    assert not [path for path in requests if path.startswith("/projects/P4")]


# What workers get


def test_workers_take_nothing_from_their_own_environment(
    server, path, processes, monkeypatch
):
    client = DSSClient(server.url, server.api_key)
    project = client.get_project("P0")
    variables = project.get_variables()
    variables["standard"]["password"] = "hunter2-hunter2"
    project.set_variables(variables)
    types = ["project", "variables"]
    monkeypatch.setenv("DATAIKU_IAC_SECRET_KEY", "k" * 40)
    keyed = StateManager(LocalFileBackend(path), client, "dev", types=types)
    there = keyed.sync_all(executor=processes)
    assert (
        there["variables.P0"].attributes == keyed.sync_all()["variables.P0"].attributes
    )
    assert "<secret:" in str(there["variables.P0"].attributes)
    with ThreadPoolExecutor(1) as executor:
        monkeypatch.delenv("DATAIKU_IAC_SECRET_KEY")
        unkeyed = StateManager(LocalFileBackend(path), client, "dev", types=types)
        monkeypatch.setenv("DATAIKU_IAC_SECRET_KEY", "other" * 10)
        there = unkeyed.sync_all(executor=executor)
    assert "<secret>" in str(there["variables.P0"].attributes)


class Recording(Executor):
    """Runs tasks at once, as they come, and keeps what they were given.

    Args:
        failures: by project key, an exception that its task raises instead.
    """

    def __init__(self, failures=None):
        self.tasks = []
        self._failures = failures or {}

    def submit(self, function, /, *arguments, **options):
        self.tasks.append(arguments)
        future: Future[bytes] = Future()
        error = self._failures.get(arguments[1])
        if isinstance(error, CancelledError):
            future.cancel()
            future.set_running_or_notify_cancel()
        elif error is not None:
            future.set_exception(error)
        else:
            future.set_result(function(*arguments, **options))
        return future


def test_what_is_sent_shows_no_key(manager, server):
    executor = Recording()
    manager.sync_all(executor=executor)
    assert [arguments[1] for arguments in executor.tasks] == KEYS
    assert server.api_key not in repr(executor.tasks)
    assert "open=" not in repr(executor.tasks)


def test_a_client_that_cannot_be_sent_is_refused(path, mock_client, threads):
    manager = StateManager(LocalFileBackend(path), mock_client, "dev")
    with pytest.raises(ValueError, match="client cannot be sent to other processes"):
        manager.sync_all(executor=threads)


def test_a_reader_that_was_replaced_is_refused(manager, threads):
    class Own(ProjectSync):
        pass

    manager.project_sync = Own(manager.client)
    with pytest.raises(ValueError, match="reader of type project was replaced"):
        manager.sync_all(executor=threads)


def test_another_dss_at_the_same_address_is_told(manager, monkeypatch, threads):
    manager.sync_all()
    assert manager.instance_reader.provenance.instance is not None
    manager.instance_reader.provenance._ids = {"install_id": "another"}
    with pytest.raises(SyncError, match="read from another DSS than the others"):
        manager.sync_all(executor=threads, on_error="raise")


# Executors that fail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CancelledError(), "the tasks were cancelled"),
        (MemoryError("too much"), "MemoryError: too much"),
        (
            ModuleNotFoundError("No module named 'dataikuapi.iac'"),
            "ModuleNotFoundError: No",
        ),
    ],
)
def test_a_task_that_fails_is_a_project_that_was_not_read(manager, error, reason):
    manager.save_state(manager.sync_all())
    executor = Recording({"P2": error})
    with pytest.raises(SyncError) as raised:
        manager.sync_all(executor=executor)
    failure = raised.value.failures["dataset.P2.*"]
    assert isinstance(failure, ExecutorError)
    assert failure.projects == ("P2",)
    assert f"the executor did not read P2 ({reason}" in str(failure)
    assert {item.project_key for item in raised.value.state} == {*KEYS} - {"P2"}

    kept = manager.sync_all(executor=executor, on_error="keep")
    assert {item.project_key for item in kept} == set(KEYS)
    assert all(key.split(".")[1] == "P2" for key in kept.unknown)
    manager.save_state(kept)
    assert manager.drift().in_sync


@pytest.mark.slow
def test_a_bug_in_a_task_is_a_bug(manager, monkeypatch, threads):
    """As without an executor: what was to be kept hides it no more."""

    def buggy(*_):
        raise KeyError("a bug")

    monkeypatch.setattr(InstanceReader, "_read", buggy)
    for on_error in ("raise", "keep"):
        with pytest.raises(KeyError, match="a bug") as raised:
            manager.sync_all(on_error=on_error, executor=threads)
        assert "in buggy" in str(raised.value.__cause__)


def test_a_worker_that_dies_is_told_with_the_projects(manager, caplog):
    manager.save_state(manager.sync_all())
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(1, spawn, die_at, ("P2",))
    with executor, pytest.raises(SyncError) as raised:
        manager.sync_all(executor=executor)
    failure = raised.value.failures["dataset.P2.*"]
    assert isinstance(failure, ExecutorError)
    assert failure.projects == ("P2", "P3", "P4")
    assert "the executor did not read P2, P3, P4 (BrokenProcessPool" in str(failure)
    assert isinstance(failure.__cause__, BrokenProcessPool)
    assert {item.project_key for item in raised.value.state} == {"P0", "P1"}
    assert len(str(raised.value).splitlines()) == 2


def test_an_executor_that_reads_nothing_is_an_error_of_its_own(manager):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    for on_error in ("raise", "keep"):
        with pytest.raises(
            ExecutorError, match="cannot schedule new futures"
        ) as raised:
            manager.sync_all(executor=executor, on_error=on_error)
        assert raised.value.projects == ("P0",)


def test_ctrl_c_cancels_what_has_not_begun(manager):
    class Interrupted(Recording):
        def submit(self, function, /, *arguments, **options):
            if len(self.tasks) == 3:
                raise KeyboardInterrupt
            future: Future[bytes] = Future()
            self.tasks.append(future)
            return future

    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        manager.sync_all(executor=executor)
    assert [future.cancelled() for future in executor.tasks] == [True] * 3


@pytest.mark.parametrize("name", exceptions.__all__)
def test_each_exception_survives_the_way_between_processes(name):
    cls = getattr(exceptions, name)
    arguments = {
        "ExecutorError": ("lost", ["P1"]),
        "PlanOutdatedError": (["code"], ["dataset.SHOP.a"]),
        "PullConflictError": ({"a": "b"},),
        "SyncError": (State(), {"a": exceptions.DSSError("b")}),
    }.get(name, ("what went wrong",))
    error = cls(*arguments)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (cls, str(error))
    assert vars(copy).keys() == vars(error).keys()
    if isinstance(copy, TypeNotSupportedError):
        assert copy.failure is copy


# Dask


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=2,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        yield cluster


@pytest.mark.slow
def test_a_dask_cluster_reads_the_projects(manager, cluster, caplog):
    caplog.set_level(logging.ERROR, "distributed")
    with cluster.get_client() as client:
        state = manager.sync_all(executor=client.get_executor())
    assert everything(state) == everything(manager.sync_all())


@pytest.mark.slow
def test_the_example_of_the_site_reads_twice_and_stores(
    manager, cluster, caplog, monkeypatch
):
    """Its processes are spawned: a fork may find locked what threads use here."""
    caplog.set_level(logging.ERROR, "distributed")
    spawn = multiprocessing.get_context("spawn")
    monkeypatch.setattr(multiprocessing, "get_context", lambda *_: spawn)
    sync_all, read = manager.sync_all, []

    def noted(**options):
        state = sync_all(**options)
        kind = type(options["executor"]).__name__
        read.append((kind, {item.project_key for item in state}))
        return state

    monkeypatch.setattr(manager, "sync_all", noted)
    code = block_with("docs/backends.md", "from dask.distributed").body
    address = "tcp://scheduler:8786"
    assert address in code
    exec(code.replace(address, cluster.scheduler_address), {"manager": manager})
    kinds = ("ProcessPoolExecutor", "ClientExecutor")
    assert read == [(kind, set(KEYS)) for kind in kinds]
    assert {item.project_key for item in manager.load_state()} == set(KEYS)
    assert manager.drift().in_sync
