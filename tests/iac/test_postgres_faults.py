"""A state in PostgreSQL, while connections end, servers crash and people interfere."""

import os
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from dataikuapi.iac import (
    Resource,
    State,
    StateCorruptedError,
    StateLockedError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.backends.postgres.database import Database
from dataikuapi.iac.backends.postgres.journal import PostgresJournal
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from iac.servers import postgres_cluster
from iac.tcp_proxy import proxy_to

ORDERS = "dataset.SHOP.orders"
COMMIT_OF_SAVE = (b"FOR UPDATE", b"INSERT INTO versions", b"COMMIT")


@pytest.fixture
def schema(postgres):
    """A schema with a state."""
    name = f"x{uuid4().hex}"
    open_backend(postgres.url(schema=name)).save(state_of(1))
    return name


@pytest.fixture
def open_one(postgres, schema):
    """Return a function that opens the state, once more each time."""
    return lambda **query: open_backend(postgres.url(schema=schema, **query))


@pytest.fixture
def sql(postgres, schema):
    """Return a function that asks the database as its superuser, in the schema."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"')
        yield lambda text, *values: connection.execute(text, values or None)


@pytest.fixture
def end_sessions(sql, schema):
    """Return a function that ends all sessions that work in the schema."""

    def end():
        return sql(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
            "WHERE application_name = 'dataiku-iac'"
        ).fetchone()

    return end


def state_of(rows):
    state = State(environment="dev")
    state.scope = Scope.from_parts([("SHOP", "dataset")], utc_now())
    return with_rows(state, rows)


def with_rows(state, rows):
    state.add_resource(Resource("dataset", ORDERS, {"rows": rows}))
    return state


def rows(backend):
    return backend.load()[ORDERS].attributes["rows"]


def test_a_connection_that_was_ended_while_idle_is_opened_again(open_one, end_sessions):
    backend = open_one()
    assert rows(backend) == 1
    end_sessions()
    assert rows(backend) == 1
    end_sessions()
    backend.save(with_rows(backend.load(), 2))
    assert rows(backend) == 2


def test_under_a_lock_that_ended_nothing_is_stored_or_read(open_one, end_sessions):
    backend = open_one()
    state = with_rows(backend.load(), 2)
    with backend.lock("mine"):
        end_sessions()
        with pytest.raises(StateReadError, match="lock was lost"):
            backend.load()
        for _ in range(2):
            with pytest.raises(StateWriteError, match="lock .*was lost"):
                backend.save(state)
    assert rows(backend) == 1
    backend.save(state)
    assert rows(open_one()) == 2


def test_a_pooler_that_changes_the_connection_is_noticed(open_one):
    backend = open_one()
    state = with_rows(backend.load(), 2)
    with backend.lock("mine"):
        # As if what follows were on a connection that does not hold the lock.
        backend._sessions.pinned.execute("SELECT pg_advisory_unlock_all()")
        with pytest.raises(StateWriteError, match="lock .*was lost.*session mode"):
            backend.save(state)
    assert rows(open_one()) == 1


def test_a_session_that_is_ended_in_the_midst_of_a_save(postgres, open_one, sql):
    backend = open_one()
    state = with_rows(backend.load(), 2)
    with psycopg.connect(postgres.url()) as blocking:
        schema = backend.location.schema
        blocking.execute(f"SELECT FROM {schema}.states FOR UPDATE")
        with ThreadPoolExecutor(1) as pool:
            saving = pool.submit(backend.save, state)
            pid = waiting(sql)
            sql("SELECT pg_terminate_backend(%s, 10000)", pid)
            blocking.rollback()
            with pytest.raises(StateWriteError, match="unchanged"):
                saving.result()
    assert rows(open_one()) == 1
    backend.save(state)
    assert rows(open_one()) == 2


def waiting(sql):
    """Wait until a save waits for the row of a state, and return its session."""
    while True:
        row = sql(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND query LIKE '%FOR UPDATE%' AND pid <> pg_backend_pid()"
        ).fetchone()
        if row is not None:
            return row[0]


def test_a_save_that_times_out_leaves_what_is_stored(postgres, open_one):
    backend = open_one(options="-c%20statement_timeout%3D200")
    state = with_rows(backend.load(), 2)
    with psycopg.connect(postgres.url()) as blocking:
        blocking.execute(f"SELECT FROM {backend.location.schema}.states FOR UPDATE")
        with pytest.raises(StateWriteError, match="statement timeout.*unchanged"):
            backend.save(state)
    backend.save(state)
    assert rows(backend) == 2


@pytest.fixture
def by_proxy(postgres, schema):
    """Return a proxy, and a backend that connects through it."""
    with proxy_to(postgres.socket) as proxy:
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
        pauses: list[float] = []
        backend = open_backend(f"{url}&schema={schema}", sleep=pauses.append)
        yield proxy, backend, pauses


def test_a_save_whose_answer_is_lost_is_known_to_be_stored(by_proxy, open_one):
    proxy, backend, _ = by_proxy
    state = with_rows(backend.load(), 2)
    proxy.cut_after(*COMMIT_OF_SAVE)
    backend.save(state)
    assert rows(open_one()) == 2
    assert [version.serial for version in open_one().history()] == [state.serial - 1]
    backend.save(with_rows(state, 3))
    assert rows(open_one()) == 3


def test_a_save_of_which_nobody_can_tell_is_saved_again_once(by_proxy, open_one):
    proxy, backend, pauses = by_proxy
    state = with_rows(backend.load(), 2)
    proxy.cut_after(*COMMIT_OF_SAVE)
    proxy.refuse_after_cut()
    with pytest.raises(StateWriteError, match="not known"):
        backend.save(state)
    assert sum(pauses) > 10
    proxy.accept_again()
    backend.save(state)
    assert rows(open_one()) == 2
    assert len(open_one().history()) == 1
    assert open_one().load().serial == state.serial


def test_a_lease_that_ended_keeps_its_holder_from_storing(open_one, sql):
    backend = open_one()
    with backend.lease(["SHOP"]):
        backend.save(with_rows(backend.load(), 2))
        open_one().release_lock("apply:SHOP", force=True)
        with (
            open_one().lease(["SHOP"]),
            pytest.raises(StateWriteError, match="lease"),
        ):
            backend.save(with_rows(backend.load(), 3))
    assert rows(open_one()) == 2
    backend.save(with_rows(backend.load(), 3))


def test_what_the_block_of_a_lock_raises_is_not_changed(open_one):
    with pytest.raises(psycopg.DataError), open_one().lock("mine"):
        raise psycopg.DataError
    with open_one().lock("mine", timeout=0):
        pass


def test_threads_share_a_backend(open_one):
    backend = open_one()

    def work(number):
        for count in range(3):
            state = backend.load_projects([f"P{number}"])
            key = f"dataset.P{number}.orders"
            state.add_resource(Resource("dataset", key, {"count": count}))
            backend.save_scope(state)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert len(backend.load()) == 7
    assert len(backend.history()) == 18


def test_a_fork_has_connections_of_its_own(open_one):
    backend = open_one()
    backend.load()
    with backend.lock("of the parent"):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                backend.lock_timeout = 0
                backend.load()
                backend.save(with_rows(backend.load(), 2))
            except StateLockedError:
                code = 7
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        backend.save(with_rows(backend.load(), 3))
    assert rows(backend) == 3


def test_a_crash_of_the_server_loses_nothing():
    with postgres_cluster() as cluster:
        cluster.stop()
        cluster.start(fsync="on", full_page_writes="on")
        backend = open_backend(cluster.url())
        backend.save(state_of(1))
        backend.journal().append(JournalEntry("1", JournalEvent.BEGIN))
        with backend.lock("mine"):
            backend.save(with_rows(backend.load(), 2))
            cluster.stop("immediate")
            cluster.start()
            with pytest.raises(StateWriteError):
                backend.save(with_rows(state_of(3), 3))
        assert rows(backend) == 2
        assert [entry.run for entry in backend.journal().read()] == ["1"]
        assert backend.locks() == []
        with open_backend(cluster.url()).lock(timeout=0):
            pass


# The journal


def test_a_journal_that_became_large_is_compacted_when_an_apply_begins(open_one):
    database = Database(open_one().location)
    journal = PostgresJournal(database, max_bytes=50_000)
    for number in range(120):
        run = f"r{number}"
        journal.append(
            JournalEntry(run, JournalEvent.BEGIN),
            JournalEntry(run, JournalEvent.INTENT, ORDERS, {"text": "x" * 500}),
            JournalEntry(run, JournalEvent.OUTCOME, ORDERS, {"status": "done"}),
            JournalEntry(run, JournalEvent.END, details={"outcome": "done"}),
        )
    found = journal.read()
    assert found[-1].run == "r119" and len(found) < 400
    assert open_one().journal().read() == found


def test_a_row_that_is_no_entry_is_told(open_one, sql):
    journal = open_one().journal()
    journal.append(JournalEntry("1", JournalEvent.BEGIN))
    sql("UPDATE journal SET line = '[]'")
    with pytest.raises(StateCorruptedError, match="position 1.*not a JSON object"):
        journal.read()
    assert str(open_one().location) in repr(journal)
