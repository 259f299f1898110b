"""How users are told what a backend does not promise."""

from collections.abc import Callable, Mapping

import pytest

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.conformance.samples import a_state, content, with_rows
from dataikuapi.iac.exceptions import (
    JournalNotSupportedError,
    StateConflictError,
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.locks import STATE_LOCK

__all__ = ["ABSENT"]


def _not_shared(backend: StateBackend) -> None:
    """What is in one process dies with it; so does a lock in it."""
    assert Capability.LOCK_ENDS_WITH_HOLDER not in backend.capabilities


def _no_swap(backend: StateBackend) -> None:
    """Of two who loaded the same, the last one wins, and its state is whole."""
    backend.save(a_state())
    one, other = backend.load(), backend.load()
    backend.save(with_rows(one, 1))
    try:
        backend.save(with_rows(other, 2))
    except StateConflictError:
        expected = one
    else:
        expected = other
    found = backend.load()
    assert (
        found.resources["dataset.SHOP.orders"]
        == expected.resources["dataset.SHOP.orders"]
    )


def _no_lock(backend: StateBackend) -> None:
    """It locks nothing, claims nobody to hold anything, and hinders nobody."""
    with backend.lock("nothing", timeout=0), backend.lock("nothing", timeout=0):
        backend.save(a_state())
        assert backend.locks() == []


def _lock_stays(backend: StateBackend) -> None:
    """Then there has to be another way to get the lock of somebody who is gone."""
    if Capability.LOCK in backend.capabilities:
        assert Capability.LOCK_RELEASE in backend.capabilities
        assert backend.lock_freed_after is None


def _no_list(backend: StateBackend) -> None:
    with backend.lock("listed nowhere"):
        assert backend.locks() == []


def _no_release(backend: StateBackend) -> None:
    for force in (False, True):
        with pytest.raises((StateWriteError, StateNotFoundError), match="lock"):
            backend.release_lock(STATE_LOCK, force=force)
        with (
            backend.lock("held on", timeout=30),
            pytest.raises(StateWriteError, match="lock"),
        ):
            backend.release_lock(STATE_LOCK, force=force)


def _no_lease(backend: StateBackend) -> None:
    with backend.lease(["A", "B"]), backend.lease(["A"]):
        backend.save(a_state())


def _no_history(backend: StateBackend) -> None:
    backend.save(a_state(rows=1))
    stored = backend.load()
    stored.serial = 7
    backend.save(with_rows(stored, 2))
    assert backend.history() == []
    newest = backend.load()
    assert content(backend.load_version(newest.serial)) == content(newest)
    for action in (backend.load_version, backend.restore):
        with pytest.raises(StateNotFoundError, match="1"):
            action(1)


def _no_journal(backend: StateBackend) -> None:
    with pytest.raises(JournalNotSupportedError, match="--no-journal"):
        backend.journal()


def _no_parts(backend: StateBackend) -> None:
    """Some projects are loaded and saved all the same; it costs what the whole does."""
    backend.save(a_state("A", "B"))
    state = backend.load_projects(["A"])
    assert state.project_keys() == ["A"]
    backend.save_scope(with_rows(state, 3, "A"))
    assert backend.load().project_keys() == ["A", "B"]


ABSENT: Mapping[Capability, Callable[[StateBackend], None]] = {
    Capability.SHARED: _not_shared,
    Capability.COMPARE_AND_SWAP: _no_swap,
    Capability.LOCK: _no_lock,
    Capability.LOCK_ENDS_WITH_HOLDER: _lock_stays,
    Capability.LOCK_LIST: _no_list,
    Capability.LOCK_RELEASE: _no_release,
    Capability.LEASE: _no_lease,
    Capability.HISTORY: _no_history,
    Capability.JOURNAL: _no_journal,
    Capability.PARTS: _no_parts,
}
"""What is tested of a backend that does not declare a capability."""
