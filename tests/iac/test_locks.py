"""Locks: they exclude, name their holder, time out, and are released when it dies."""

import os
import re
import threading
import time

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateLockedError,
    StateWriteError,
)
from dataikuapi.iac.models import Resource
from iac.durability import (
    ORDERS,
    in_thread,
    refusal_of_lock,
    running,
    send_line,
    state,
    wait_for,
)
from iac.saver import is_new_state

pytestmark = pytest.mark.usefixtures("no_hanging")


# A writer stopped between check and write


@pytest.fixture(params=["thread", "process"])
def stopped(request, backend, monkeypatch):
    """A writer that is stopped just before it renames; call it to resume the writer."""
    backend.save(state(1))
    if request.param == "process":
        with running("stop_before_rename", backend.state_file) as process:
            wait_for(process, "stopped")

            def save_in_process():
                send_line(process)
                wait_for(process, "saved")

            yield save_in_process
        return
    reached, released = threading.Event(), threading.Event()
    replace = os.replace

    def waiting_replace(source, target):
        if threading.current_thread() is thread and is_new_state(source):
            reached.set()
            released.wait()
        replace(source, target)

    def save():
        changed = backend.load()
        changed.add_resource(Resource("dataset", "dataset.SHOP.by_a"))
        monkeypatch.setattr(os, "replace", waiting_replace)
        backend.save(changed)

    thread = threading.Thread(target=save, daemon=True)
    thread.start()
    reached.wait()

    def go_on():
        released.set()
        thread.join()

    yield go_on
    go_on()


def test_a_second_writer_waits_for_the_first_and_then_has_a_conflict(
    backend, path, stopped
):
    other = LocalFileBackend(path)
    mine = other.load()
    mine.add_resource(Resource("dataset", "dataset.SHOP.by_b"))
    with pytest.raises(StateLockedError, match="'save'"), other.lock(timeout=0.1):
        pytest.fail("two have the lock")
    thread, outcome = in_thread(lambda: other.save(mine))
    thread.join(0.3)
    assert thread.is_alive()

    stopped()
    thread.join()
    (error,) = outcome
    assert type(error) is StateConflictError
    assert "serial 2" in str(error)
    again = other.load()
    again.add_resource(Resource("dataset", "dataset.SHOP.by_b"))
    other.save(again)
    assert set(backend.load().resources) == {
        ORDERS,
        "dataset.SHOP.by_a",
        "dataset.SHOP.by_b",
    }
    assert backend.load().serial == 3


def test_a_writer_killed_between_check_and_write_leaves_no_lock(backend, path):
    backend.save(state(1))
    mine = backend.load()
    with running("stop_before_rename", path) as process:
        wait_for(process, "stopped")
        process.kill()
        process.wait()
    with backend.lock(timeout=0):
        backend.save(mine)
    assert backend.load().serial == 2


# Locks


def test_the_lock_names_its_holder_and_is_free_once_the_holder_is_killed(backend, path):
    with running("hold", path, "nightly sync") as process:
        wait_for(process, "held")
        with pytest.raises(StateLockedError) as caught, backend.lock(timeout=0.1):
            pytest.fail("two have the lock")
        message = str(caught.value)
        assert re.search(rf"\b{process.pid}\b", message)
        assert os.uname().nodename in message
        assert "nightly sync" in message
        assert re.search(r"since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", message)
        assert str(path) in message
        assert isinstance(caught.value, StateWriteError)
        process.kill()
        process.wait()
        with backend.lock(timeout=0):
            backend.save(state(1))


def test_a_waiting_save_gets_the_lock_when_it_is_released(backend, path):
    with running("hold", path, "a while") as process:
        wait_for(process, "held")
        thread, outcome = in_thread(lambda: backend.save(state(1)))
        thread.join(0.2)
        assert thread.is_alive()
        send_line(process)
        thread.join()
    assert outcome == [None]
    assert backend.load().serial == 1


@pytest.mark.parametrize("timeout", [0, 0.3])
def test_a_lock_is_waited_for_until_the_timeout(path, timeout, monkeypatch):
    sleep, slept = time.sleep, []

    def counted_sleep(seconds):
        slept.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", counted_sleep)
    with LocalFileBackend(path).lock():

        def wait():
            began = time.monotonic()
            lock = LocalFileBackend(path).lock(timeout=timeout)
            with pytest.raises(StateLockedError), lock:
                pytest.fail("two have the lock")
            return time.monotonic() - began

        thread, outcome = in_thread(wait)
        thread.join()
    assert outcome[0] >= timeout
    assert sum(slept) <= timeout  # A busy machine may take longer, but not wait longer.


def test_a_thread_may_take_the_lock_again_and_holds_it_until_the_last_release(
    backend, path
):
    with backend.lock("outer"):
        with LocalFileBackend(str(path)).lock("inner", timeout=0):
            backend.save(state(1))
            assert refusal_of_lock(path)
        with backend.lock(timeout=0):
            LocalFileBackend(path).save(LocalFileBackend(path).load())
        assert "'outer'" in refusal_of_lock(path)
    assert refusal_of_lock(path) is None


def test_a_forked_child_neither_has_the_lock_nor_keeps_it(path):
    with running("fork_with_lock", path) as process:
        assert wait_for(process, "child")[1] == "refused"
        assert "'the parent'" in refusal_of_lock(path)
        send_line(process)
        wait_for(process, "freed")
        assert refusal_of_lock(path) is None  # The child is still there.
        process.communicate()


def test_the_lock_is_released_after_an_error(backend):
    with pytest.raises(ZeroDivisionError), backend.lock():
        raise ZeroDivisionError
    thread, outcome = in_thread(lambda: backend.save(state(1)))
    thread.join()
    assert outcome == [None]


@pytest.mark.parametrize("shared", [True, False], ids=["one backend", "one each"])
def test_threads_exclude_each_other(path, shared):
    common = LocalFileBackend(path)
    inside, most = [], []

    def enter():
        for _ in range(5):
            with (common if shared else LocalFileBackend(path)).lock(timeout=30):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [in_thread(enter) for _ in range(8)]
    for thread, outcome in threads:
        thread.join()
        assert outcome == [None]
    assert len(most) == 40
    assert set(most) == {1}


def test_one_file_has_one_lock_under_all_its_paths(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "dev.state.json"
    LocalFileBackend(path).save(state(1))
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "dev.json").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    with LocalFileBackend(path).lock("by its path"):
        for other in (
            "real/dev.state.json",
            "folder/dev.state.json",
            tmp_path / "real" / ".." / "dev.json",
        ):
            assert "'by its path'" in refusal_of_lock(other)
