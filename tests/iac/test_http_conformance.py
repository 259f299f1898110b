"""A state on a server keeps what it promises, in both ways of locking."""

import itertools
import os
from contextlib import contextmanager

import pytest

from dataikuapi.iac.backends.conformance import BackendConformance
from dataikuapi.iac.backends.conformance.contract import ContractTests
from dataikuapi.iac.backends.conformance.dying import DyingTests
from dataikuapi.iac.backends.conformance.faults import FaultTests
from dataikuapi.iac.backends.conformance.locking import LockTests
from dataikuapi.iac.backends.conformance.suite import Suite
from dataikuapi.iac.backends.http import HttpBackend
from iac.http_state_server import Fault, Reply, StateServer, serving

_numbers = itertools.count()
_servers: dict[str, StateServer] = {}


@pytest.fixture(scope="session")
def state_server():
    with serving() as server:
        _servers[server.url] = server
        yield server
        del _servers[server.url]


class _OnServer(Suite):
    """A place is the URL of a state."""

    folder: str

    @pytest.fixture
    def new_place(self, state_server, monkeypatch):
        for name in os.environ:
            if name.startswith("TF_HTTP_"):
                monkeypatch.delenv(name)
        return lambda: f"{state_server.url}{self.folder}/{next(_numbers)}"

    def load_backup(self, place, location):
        return self.open_backend(location).load()

    def damage(self, place):
        server, path = _at(place)
        server.documents[path].data = server.documents[path].data[:-9]
        return True

    def failing(self, place):
        for purpose, reply in (
            ("LOCK", Reply(403)),
            ("GET", None),
            ("POST", Reply(500)),
            ("POST", Reply(413)),
            ("POST", None),
        ):
            yield self._with(place, Fault(purpose, reply, times=99))

    def losing_answers(self, place):
        yield self._with(place, Fault("POST", Reply(500), is_done=True, times=99))
        yield self._with(place, Fault("POST", None, is_done=True, times=99))
        faults = _at(place)[0].faults
        failed = Fault("GET", Reply(500), times=99)
        yield self._with(
            place,
            Fault(
                "POST",
                Reply(500),
                is_done=True,
                times=99,
                wait=lambda: faults.append(failed),
            ),
        )

    @contextmanager
    def _with(self, place, fault):
        server, _ = _at(place)
        server.faults.append(fault)
        yield self.open_backend(place)
        server.faults.clear()


class TestHttpBackend(_OnServer, BackendConformance):
    folder = "/state"

    def open_backend(self, place):
        return HttpBackend(
            place,
            retry_wait_min=0,
            lock_address=place,
            journal_address=f"{place}/journal",
            journal_lock_address=f"{place}/journal",
        )


class TestLockedLikeGitLab(_OnServer, ContractTests, FaultTests, LockTests, DyingTests):
    folder = "/api/packages/ann/terraform/state"

    def open_backend(self, place):
        return HttpBackend(place, retry_wait_min=0)


def _at(place):
    (url,) = (url for url in _servers if place.startswith(url))
    return _servers[url], place.removeprefix(url)
