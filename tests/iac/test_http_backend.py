"""A state on a server that speaks the protocol of Terraform's http backend."""

import copy
import itertools
import json
import os
import pickle
from threading import Event, Thread

import pytest
import requests

from dataikuapi.iac import (
    Resource,
    State,
    StateConflictError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.backends.http_client import HttpClient
from dataikuapi.iac.exceptions import (
    ConfigurationError,
    JournalNotSupportedError,
    StateLockedError,
)
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent
from iac.http_state_server import Document, Fault, Reply, serving

LOCK_KEYS = ["ID", "Operation", "Info", "Who", "Version", "Created", "Path"]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def session_server():
    with serving() as server:
        yield server


@pytest.fixture
def server(session_server, monkeypatch):
    for name in os.environ:
        if name.startswith("TF_HTTP_"):
            monkeypatch.delenv(name)
    session_server.requests.clear()
    session_server.faults.clear()
    session_server.authorization = None
    return session_server


class Place:
    """Where a state is; opened once more each time that it is called."""

    def __init__(self, server, style):
        self.style, self.options = style, {}
        folder = {"plain": "/state", "gitlab": "/api/v4/projects/7/terraform/state"}
        self.path = f"{folder[style]}/{next(_numbers)}"
        self.url = f"{server.url}{self.path}"
        if style == "plain":
            self.options = {"lock_address": self.url}

    def with_journal(self):
        """Open it with an address for the journal."""
        url = f"{self.url}-journal"
        lock = {"journal_lock_address": url} if self.style == "plain" else {}
        return self(journal_address=url, **lock)

    def __call__(self, **options):
        backend = open_backend(self.url, retry_wait_min=0, **self.options, **options)
        backend.lock_timeout = 0
        return backend


@pytest.fixture(params=["plain", "gitlab"])
def open_one(request, server):
    return Place(server, request.param)


def state_of(**rows):
    state = State(environment="dev")
    for name, number in rows.items():
        state.add_resource(
            Resource("dataset", f"dataset.P.{name}", attributes={"rows": number})
        )
    return state


def edited(backend, rows):
    state = backend.load()
    state.resources["dataset.P.a"] = Resource(
        "dataset", "dataset.P.a", attributes={"rows": rows}
    )
    return state


def test_what_is_saved_is_loaded(open_one, server):
    backend = open_one()
    assert not backend.exists()
    with pytest.raises(StateNotFoundError, match="no state at http"):
        backend.load()
    state = state_of(a=1)
    backend.save(state)
    assert open_one().exists()
    assert open_one().load() == state
    document = json.loads(server.documents[open_one.path].data)
    assert (document["serial"], document["lineage"]) == (state.serial, state.lineage)
    assert server.documents[open_one.path].lock is None


def test_a_save_reads_and_stores_under_the_lock(open_one, server):
    open_one().save(state_of(a=1))
    backend = open_one()
    state = edited(backend, 2)
    server.methods()
    backend.save(state)
    first, *rest = server.requests
    names = {"plain": ("LOCK", "UNLOCK"), "gitlab": ("POST", "DELETE")}
    assert (first.method, rest[-1].method) == names[open_one.style]
    lock_id = json.loads(first.body)["ID"]
    assert server.methods() == ["LOCK", "GET", "POST", "UNLOCK"]
    assert rest[1].query == {"ID": lock_id}
    assert json.loads(rest[2].body)["ID"] == lock_id
    assert list(json.loads(first.body)) == LOCK_KEYS


def test_what_others_stored_meanwhile_is_a_conflict(open_one):
    open_one().save(state_of(a=1))
    one, other = open_one(), open_one()
    mine, theirs = edited(one, 2), edited(other, 3)
    other.save(theirs)
    with pytest.raises(StateConflictError, match="stored in the meantime: serial 2"):
        one.save(mine)
    assert open_one().load() == theirs
    one.save(mine, force=True)
    assert open_one().load().serial == mine.serial == 3


def test_the_lock_names_its_holder(open_one):
    holder, other = open_one(), open_one()
    with holder.lock("refresh SHOP"):
        with pytest.raises(StateLockedError, match="'refresh SHOP'") as refused:
            other.save(state_of(a=1))
        assert "lock release" in str(refused.value)
        (found,) = other.locks()
        assert (found.name, found.reason) == ("state", "refresh SHOP")
        assert found.user and found.host and found.process and found.since
        holder.save(state_of(a=1))  # The same thread may take it again.
    assert other.locks() == []
    other.save(edited(other, 2))


def test_the_lock_is_waited_for(open_one, server):
    waited = Event()
    holder, other = open_one(), open_one(sleep=lambda seconds: waited.set())
    state = state_of(a=1)
    with holder.lock("a while"):
        other.lock_timeout = -1
        thread = Thread(target=other.save, args=(state,))
        thread.start()
        assert waited.wait(60)
    thread.join()
    assert open_one().load() == state


def test_another_thread_waits_for_the_lock(open_one):
    backend, found = open_one(), []

    def save():
        try:
            backend.save(state_of(a=1))
        except StateLockedError as error:
            found.append(str(error))

    with backend.lock("a while"):
        thread = Thread(target=save)
        thread.start()
        thread.join()
    assert "another thread" in found[0]


def test_who_lost_the_lock_cannot_save(open_one, caplog):
    zombie, other = open_one(), open_one()
    zombie.save(state_of(a=1))
    with zombie.lock("too long"):
        state = edited(zombie, 2)
        with pytest.raises(StateLockedError, match="too long"):
            other.release_lock("state")
        assert other.release_lock("state", force=True).reason == "too long"
        taken = pytest.raises(StateLockedError, match="taken away.*'my turn'")
        with other.lock("my turn"), taken:
            zombie.save(state)
        with pytest.raises(StateLockedError, match="taken away"):
            zombie.save(state)
    assert open_one().load().resources["dataset.P.a"].attributes == {"rows": 1}
    with pytest.raises(StateNotFoundError):
        other.release_lock("state", force=True)
    with pytest.raises(StateNotFoundError, match="no lock 'x', just 'state'"):
        other.release_lock("x", force=True)


@pytest.mark.parametrize("held", [b"", b"<html>", b"[1]", b'{"Who": 1}'])
def test_a_holder_that_is_not_told_is_unknown(open_one, server, held):
    backend = open_one()
    server.faults.append(Fault("LOCK", Reply(423, held), times=2))
    with pytest.raises(StateLockedError, match="an unknown holder"):
        backend.save(state_of(a=1))
    assert str(backend.locks()[0]) == "an unknown holder"


def test_the_holder_that_terraform_tells_is_understood(open_one, server):
    server.documents[open_one.path] = Document(
        lock={
            "ID": "2f7d",
            "Operation": "OperationTypeApply",
            "Info": "",
            "Who": "ann@example.com@ci",
            "Version": "1.11.4",
            "Created": "2026-11-03T10:11:12.123456789Z",
            "Path": "",
        }
    )
    (found,) = open_one().locks()
    assert (found.lock_id, found.user, found.host) == ("2f7d", "ann@example.com", "ci")
    assert (found.reason, found.process) == ("OperationTypeApply", 0)
    assert found.since and found.since.year == 2026


def test_a_retry_of_what_was_stored_succeeds(open_one, server):
    backend = open_one()
    backend.save(state_of(a=1))
    with backend.lock("then the server fails"):
        state = edited(backend, 2)
        server.faults.append(Fault("POST", Reply(500), is_done=True, times=3))
        backend.save(state)
    assert open_one().load() == state and state.serial == 2
    state.resources.clear()
    backend.save(state)
    assert state.serial == 3


@pytest.mark.parametrize("reply", [Reply(500), Reply(502, b"<html>"), None])
def test_a_save_that_fails_changes_nothing(open_one, server, reply):
    backend = open_one()
    backend.save(state_of(a=1))
    stored = open_one().load()
    state = edited(backend, 2)
    before = copy.deepcopy(state)
    with backend.lock("then the server fails"):
        server.faults.append(Fault("POST", reply, times=3))
        with pytest.raises(StateWriteError, match="previous state is unchanged"):
            backend.save(state)
    assert open_one().load() == stored and state == before
    backend.save(state)


def test_a_server_that_stays_away_leaves_it_unknown(open_one, server):
    backend = open_one(retry_max=0)
    with backend.lock("then the server fails"):
        server.faults.append(Fault("POST", Reply(500), is_done=True))
        server.faults.append(Fault("GET", times=2))
        with pytest.raises(StateWriteError, match="is unknown"):
            backend.save(state_of(a=1))


@pytest.mark.parametrize("reply", [Reply(204), Reply(404), Reply(200)])
def test_nothing_is_stored_where_the_server_says_so(open_one, server, reply):
    backend = open_one()
    backend.save(state_of(a=1))
    server.faults.append(Fault("GET", reply, times=2))
    assert not backend.exists()
    with pytest.raises(StateNotFoundError):
        backend.load()


@pytest.mark.parametrize(
    "reply, reason",
    [
        (Reply(401), "does not accept the credentials"),
        (Reply(403), "does not allow"),
        (Reply(500), "500"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/?token=x"}), "redirects"),
        (Reply(200, b"{}", {"Content-MD5": "no"}), "Content-MD5"),
        (Reply(200, b"{", {"Content-Length": "9", "Connection": "close"}), "it broke"),
        (None, "no connection"),
    ],
)
def test_what_cannot_be_read_is_said(open_one, server, reply, reason):
    backend = open_one(retry_max=0)
    server.faults.append(Fault("GET", reply))
    with pytest.raises(StateReadError, match=reason) as refused:
        backend.load()
    assert "token" not in str(refused.value)
    server.faults.append(Fault("GET", reply))
    if reply is None or reply.status != 200:
        with pytest.raises(StateReadError, match=reason):
            backend.exists()


def test_a_slow_server_is_a_failure(open_one, server):
    answer = Event()
    backend = open_one(retry_max=0, timeout=0.05)
    server.faults.append(Fault("GET", wait=lambda: answer.wait(60)))
    with pytest.raises(StateReadError, match="in time"):
        backend.load()
    answer.set()


def test_a_failed_request_is_sent_again(open_one, server):
    backend = open_one()
    server.faults.append(Fault("GET", Reply(503), times=2))
    assert not backend.exists()
    assert server.methods() == ["GET"] * 3


def test_a_lock_that_was_taken_and_answered_by_an_error_is_ours(open_one, server):
    server.faults.append(Fault("LOCK", Reply(500), is_done=True))
    with open_one().lock("hard to get"):
        pass
    assert open_one().locks() == []


def test_a_lock_that_listing_leaves_behind_is_told(open_one, server):
    """The protocol cannot ask who holds it, so it was taken to find that out."""
    server.faults.append(Fault("UNLOCK", Reply(500), times=99))
    with pytest.raises(StateReadError, match="lock release state --force"):
        open_one(retry_max=0).locks()


def test_who_interrupts_the_taking_of_the_lock_leaves_none(open_one, monkeypatch):
    backend, send = open_one(), HttpClient.send

    def interrupted(*arguments, **options):
        monkeypatch.setattr(HttpClient, "send", send)
        send(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(HttpClient, "send", interrupted)
    with pytest.raises(KeyboardInterrupt):
        backend.save(state_of(a=1))
    assert open_one().locks() == []


def test_a_state_that_cannot_be_read_is_not_removed(open_one, server):
    backend = open_one(retry_max=0)
    backend.save(state_of(a=1))
    for purpose, reply in (
        ("GET", Reply(500)),
        ("DELETE", Reply(500)),
        ("DELETE", None),
    ):
        server.faults.append(Fault(purpose, reply))
        with pytest.raises(StateWriteError):
            backend.delete()
    server.faults.append(Fault("DELETE", Reply(423)))
    with pytest.raises(StateLockedError):
        backend.delete()
    assert backend.exists()


def test_where_it_cannot_be_locked_it_is_not_saved(server):
    backend = open_backend(f"{server.url}/no-lock")
    assert not backend.exists()
    with pytest.raises(StateWriteError, match="TF_HTTP_LOCK_ADDRESS"):
        backend.save(state_of(a=1))
    with pytest.raises(StateReadError, match="TF_HTTP_LOCK_ADDRESS"):
        backend.locks()
    assert backend.capabilities == {Capability.SHARED}


def test_deleting_frees_the_address(open_one):
    backend = open_one()
    backend.save(state_of(a=1))
    state = backend.load()
    backend.delete()
    assert not open_one().exists()
    with pytest.raises(StateNotFoundError):
        backend.delete()
    with pytest.raises(StateConflictError, match="was deleted"):
        backend.save(state)


def test_what_is_not_promised_is_said(open_one):
    backend = open_one()
    backend.save(state_of(a=1))
    with pytest.raises(JournalNotSupportedError, match="keeps no journal"):
        backend.journal()
    assert backend.history() == []
    assert Capability.HISTORY not in backend.capabilities
    with pytest.raises(StateNotFoundError, match="no version with serial 7"):
        backend.load_version(7)
    assert backend.load_version(1) == backend.load()
    assert backend.verify() == []


def test_a_backup_is_beside_the_state(open_one, server):
    backend = open_one()
    with pytest.raises(StateNotFoundError):
        backend.backup()
    backend.save(state_of(a=1))
    first, second = backend.backup(), backend.backup()
    assert first == f"{open_one.url}-backup" and second.startswith(f"{first}-20")
    backend.delete()
    for copy_of_it in (first, second):
        path = copy_of_it.removeprefix(server.url)
        assert json.loads(server.documents[path].data)["serial"] == 1
        assert server.documents[path].lock is None
    backend = open_backend(f"{open_one.url}?a=b", lock_address=open_one.url)
    with pytest.raises(StateWriteError, match="state migrate"):
        backend.backup()


def test_versions_of_gitlab_are_found_by_serial(open_one):
    backend = open_one()
    backend.save(state_of(a=1))
    backend.save(edited(backend, 2))
    if open_one.style == "plain":
        with pytest.raises(StateNotFoundError):
            backend.restore(1)
        return
    assert backend.load_version(1).resources["dataset.P.a"].attributes == {"rows": 1}
    restored = backend.restore(1)
    assert restored.serial == 3 and open_one().load() == restored
    assert restored.resources["dataset.P.a"].attributes == {"rows": 1}


def test_the_lock_of_a_journal_is_listed_and_released(open_one):
    """Who is killed while it writes to the journal leaves it locked."""
    backend = open_one.with_journal()
    entry = JournalEntry("R1", JournalEvent.BEGIN)
    url, method = f"{open_one.url}-journal", "LOCK"
    if open_one.style == "gitlab":
        url, method = f"{url}/lock", "POST"
    requests.request(method, url, json={"ID": "1", "Who": "ann@laptop"})
    with pytest.raises(StateLockedError, match="lock release journal --force"):
        backend.journal().append(entry)
    (holder,) = backend.locks()
    assert (holder.name, holder.user) == ("journal", "ann")
    with pytest.raises(StateNotFoundError):
        backend.release_lock("state", force=True)
    assert backend.release_lock("journal", force=True).user == "ann"
    backend.journal().append(entry)


def test_a_journal_is_kept_at_an_address_of_its_own(open_one):
    backend = open_one.with_journal()
    assert Capability.JOURNAL in backend.capabilities
    journal = backend.journal()
    assert list(journal.read()) == []
    entries = [JournalEntry(f"apply-{n}", JournalEvent.BEGIN) for n in range(3)]
    for entry in entries:
        journal.append(entry)
    assert [each.run for each in backend.journal().read()] == [
        each.run for each in entries
    ]
    journal.clear()
    assert list(journal.read()) == []


def test_it_can_be_sent_to_another_process(open_one):
    backend = pickle.loads(pickle.dumps(open_one()))
    state = state_of(a=1)
    backend.save(state)
    assert open_one().load() == state


@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "http:///x",
        "http://h:port/x",
        "https://h/x#y",
        "https://h/?token=s3",
    ],
)
def test_an_address_has_to_be_one(address):
    with pytest.raises(ConfigurationError) as refused:
        open_backend(address)
    assert "s3" not in str(refused.value)
