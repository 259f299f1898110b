"""A state in PostgreSQL: what is stored, and who may do what."""

import re
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from dataikuapi.iac import (
    ConfigurationError,
    Resource,
    State,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.backends.postgres import PostgresBackend
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from iac.tcp_proxy import proxy_to

PAGE = Path(__file__).resolve().parents[2] / "docs/backends.md"


@pytest.fixture
def schema():
    """A schema that does not exist yet."""
    return f"x{uuid4().hex}"


@pytest.fixture
def open_one(postgres, schema):
    """Return a function that opens the same schema, once more each time."""

    def open_state(state="dev", **options):
        return open_backend(postgres.url(state=state, schema=schema), **options)

    return open_state


@pytest.fixture
def sql(postgres, schema):
    """Return a function that asks the database as its superuser, in the schema."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"')
        yield lambda text, *values: connection.execute(text, values or None)


def orders(project, rows, **attributes):
    return Resource(
        "dataset", f"dataset.{project}.orders", {"rows": rows, **attributes}
    )


def state_of(*projects, rows=1):
    state = State(environment="dev")
    for key in projects:
        state.add_resource(orders(key, rows))
        state.add_resource(Resource("dataset", f"dataset.{key}.items"))
    parts = [(key, "dataset") for key in projects]
    state.scope = Scope.from_parts(parts, utc_now())
    return state


def change(backend, project, rows):
    state = backend.load_projects([project])
    state.add_resource(orders(project, rows))
    backend.save_scope(state)


# The URL


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRESQL"])
def test_both_schemes_open_it(scheme):
    backend = open_backend(f"{scheme}://db.example.com/dataiku?state=prod")
    assert isinstance(backend, PostgresBackend)
    assert repr(backend) == (
        "<PostgresBackend postgresql://db.example.com/dataiku?state=prod>"
    )


def test_the_state_is_dev_and_the_schema_ours_if_not_said():
    location = PostgresBackend("postgresql:///").location
    assert (location.state, location.schema) == ("dev", "dataiku_iac")
    location = PostgresBackend("postgresql:///", state="prod", schema="iac").location
    assert (location.state, location.schema) == ("prod", "iac")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2@h:5433/d?state=x&sslmode=require",
        "postgresql://h:5433/d?user=ann&password=hunter2&state=x&sslpassword=hunter2",
        "postgresql://ann:hunter2%40%2F@h:5433/d?state=x",
    ],
)
def test_what_is_shown_has_no_credentials(url):
    backend = PostgresBackend(url)
    assert str(backend.location) == "postgresql://h:5433/d?state=x"
    assert "hunter2" not in repr(backend)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2%zz@h/d",
        "postgresql://ann:x@hunter2@h/d",
        "postgresql://ann:x/hunter2@h/d",
        "postgresql://ann:hunter2/x@h/d",
        "postgresql://h:hunter2/d",
        "postgresql://h/d?hunter2=1",
        "postgresql://h/d?state=a&state=b&password=hunter2",
        "postgresql://h/d?schema=hunter2;&state=x#hunter2"[:34],
    ],
)
def test_what_libpq_would_misunderstand_is_refused_without_a_quote(url):
    with pytest.raises(ConfigurationError) as refused:
        open_backend(url)
    told = "".join(traceback.format_exception(refused.value))
    assert "hunter2" not in told.replace(url, "")


def test_a_password_is_in_no_message(schema):
    url = f"postgresql://ann:hunter2@127.0.0.1:1/d?schema={schema}"
    backend = open_backend(url)
    for call in (backend.load, backend.exists, backend.delete, backend.locks):
        with pytest.raises((StateReadError, StateWriteError)) as failed:
            call()
        told = "".join(traceback.format_exception(failed.value))
        assert "hunter2" not in told
        assert "127.0.0.1" in str(failed.value)


# The tables


def test_reading_creates_nothing(open_one, sql, schema):
    backend = open_one()
    with pytest.raises(StateNotFoundError):
        backend.load()
    assert not backend.exists() and backend.history() == [] and backend.verify() == []
    find = "SELECT count(*) FROM pg_namespace WHERE nspname = %s"
    assert sql(find, schema).fetchone() == (0,)


def test_many_create_the_tables_at_once(open_one):
    backends = [open_one(f"s{number}") for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda one: one.save(state_of("A")), backends))
    assert [len(one.load()) for one in backends] == [2] * 12


def test_tables_of_a_newer_version_are_told(open_one, sql):
    open_one().save(state_of("A"))
    sql("UPDATE schema_version SET version = 2")
    with pytest.raises(StateReadError, match="version 2.*upgrade"):
        open_one().load()
    with pytest.raises(StateWriteError, match="version 2.*upgrade"):
        open_one().save(state_of("A"))


@pytest.fixture
def user(sql):
    """A user without any rights."""
    name = f"u{uuid4().hex}"
    sql(f"CREATE ROLE {name} LOGIN")
    return name


def test_who_may_not_create_tables_is_told_what_is_missing(postgres, schema, user):
    backend = open_backend(postgres.url(user=user, schema=schema))
    with pytest.raises(StateWriteError, match="permission denied.*grant"):
        backend.save(state_of("A"))


def test_who_may_not_create_tables_works_with_those_that_are_there(
    postgres, schema, user, open_one, sql
):
    open_one().save(state_of("A"))
    backend = open_backend(postgres.url(user=user, schema=schema))
    with pytest.raises(StateReadError, match="permission denied"):
        backend.load()
    sql(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    tables = f"ALL TABLES IN SCHEMA {schema}"
    sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {user}")
    change(backend, "A", 2)
    backend.journal().append(JournalEntry("1", JournalEvent.BEGIN))
    with backend.lock("mine"), backend.lease(["A"]):
        assert {item.name for item in open_one().locks()} == {"state", "apply:A"}
    assert open_one().load()["dataset.A.orders"].attributes["rows"] == 2


def test_a_lock_of_another_user_takes_a_role_to_release(
    postgres, schema, user, open_one, sql
):
    open_one().save(state_of("A"))
    sql(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    tables = f"ALL TABLES IN SCHEMA {schema}"
    sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {user}")
    # Nobody but a superuser ends the session of one.
    sql(f"CREATE ROLE {user}2 LOGIN IN ROLE {user}")
    holder = open_backend(postgres.url(user=f"{user}2", schema=schema))
    other = open_backend(postgres.url(user=user, schema=schema))
    with pytest.raises(StateWriteError), holder.lock("mine"):  # noqa: PT012
        with pytest.raises(StateWriteError, match="pg_signal_backend"):
            other.release_lock("state", force=True)
        sql(f"GRANT pg_signal_backend TO {user}")
        assert other.release_lock("state", force=True).reason == "mine"
        holder.save(state_of("B"))


def test_a_database_of_another_encoding_is_refused(postgres, sql):
    name = f"d{uuid4().hex}"
    sql(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(StateWriteError, match="UTF8"):
        open_backend(postgres.url(database=name)).save(state_of("A"))


# What is stored


def test_a_save_writes_the_rows_that_changed(open_one, sql):
    backend = open_one()
    backend.save(state_of("A", "B", "C"))
    rows = "SELECT count(*) FROM resources"
    assert sql(rows).fetchone() == (6,)
    change(backend, "A", 2)
    assert sql(rows).fetchone() == (7,)
    state = backend.load()
    state.add_resource(orders("B", 3))
    state.remove_resource("dataset.C.items")
    backend.save(state)
    assert sql(rows).fetchone() == (8,)
    spans = sql(
        "SELECT resource_id, valid_from, valid_to FROM resources "
        "WHERE valid_from > 6 OR valid_to IS NOT NULL ORDER BY 1, 2"
    ).fetchall()
    first, second = sorted(version.serial for version in backend.history())
    third = state.serial
    assert spans == [
        ("dataset.A.orders", first, second),
        ("dataset.A.orders", second, None),
        ("dataset.B.orders", first, third),
        ("dataset.B.orders", third, None),
        ("dataset.C.items", first, third),
    ]
    backend.save(backend.load())
    assert sql(rows).fetchone() == (8,)


def test_one_project_of_many_moves_its_rows_alone(postgres, schema, open_one):
    big = "x" * 20_000
    whole = State(environment="dev")
    for number in range(100):
        whole.add_resource(orders(f"P{number}", 1, text=big))
    open_one().save(whole)
    with proxy_to(postgres.socket) as proxy:
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?schema={schema}"
        change(open_backend(f"{url}&sslmode=disable"), "P7", 2)
        assert 20_000 < proxy.received < 100_000
        assert proxy.sent < 60_000
    assert open_one().load()["dataset.P7.orders"].attributes == {"rows": 2}


def test_versions_that_are_pruned_take_their_rows_along(open_one, sql):
    backend = open_one(max_versions=2)
    backend.save(state_of("A", "B"))
    for rows in range(2, 9):
        change(backend, "A", rows)
        if rows == 3:
            kept = backend.backup("release")
    assert len(backend.history()) == 3
    (serial,) = re.findall(r"serial (\d+)", kept)
    assert backend.load_version(int(serial))["dataset.A.orders"].attributes == {
        "rows": 3
    }
    count = "SELECT count(*) FROM resources WHERE resource_id = 'dataset.A.orders'"
    assert sql(count).fetchone() == (4,)
    assert backend.verify() == []


def test_a_row_that_is_damaged_is_named(open_one, sql):
    backend = open_one()
    backend.save(state_of("A", "B"))
    where = "WHERE resource_id = 'dataset.B.orders'"
    sql(f"UPDATE resources SET attributes = '3' {where}")
    with pytest.raises(StateCorruptedError, match=r"state=dev.*dataset.B.orders"):
        backend.load()
    assert len(backend.load_projects(["A"])) == 2
    sql(f"UPDATE resources SET attributes = '{{\"rows\": 7}}' {where}")
    assert backend.load()["dataset.B.orders"].attributes["rows"] == 7
    (problem,) = backend.verify()
    assert "dataset.B.orders" in problem and "checksum" in problem
    sql("UPDATE projects SET belongings = '[]' WHERE project_key = 'A'")
    with pytest.raises(StateCorruptedError, match="project A"):
        backend.load_projects(["A"])
    sql("DELETE FROM versions")
    with pytest.raises(StateCorruptedError, match="versions is missing"):
        backend.load_projects(["B"])


def test_environments_share_a_database(open_one):
    dev, prod = open_one("dev"), open_one("prod")
    dev.save(state_of("A"))
    prod.save(state_of("A", "B"))
    with dev.lock("mine"), prod.lock("mine", timeout=0):
        change(prod, "A", 2)
    dev.delete()
    assert (dev.exists(), len(prod.load())) == (False, 4)


# Questions in SQL


def test_the_examples_of_the_documentation_answer(open_one, sql, schema):
    state = State(environment="prod")
    for project, connection in (("B", "snowflake"), ("A", "snowflake"), ("C", "pg")):
        params = {"connection": connection}
        state.add_resource(orders(project, 1, params=params, odd="\0", big=10**18))
    for name, environment in (("old", "py36"), ("new", "py311")):
        selection = {"envSelection": {"envName": environment}}
        attributes: dict[str, Any] = {"params": selection}
        state.add_resource(Resource("recipe", f"recipe.A.{name}", attributes))
    open_one("prod").save(state)
    state.remove_resource("dataset.B.orders")
    open_one("prod").save(state)
    open_one("dev").save(state_of("D"))
    page = PAGE.read_text("utf-8").partition("## PostgreSQL")[2].partition("\n## ")[0]
    examples = re.findall("```sql\n(.*?)```", page, re.DOTALL)
    answers = [sql(text.replace("dataiku_iac", schema)).fetchall() for text in examples]
    assert answers == [
        [("A", "orders")],
        [("A", "old")],
        [("dataset", 2), ("recipe", 2)],
    ]


def test_the_view_shows_what_text_of_the_database_cannot_hold(open_one, sql):
    state = State(environment="dev")
    odd = {"nul": "a\0b", "slash": "\\u0000", "connection": "pg"}
    state.add_resource(orders("A", 1.0, odd=odd))
    open_one().save(state)
    ((shown,),) = sql("SELECT attributes -> 'odd' FROM current_resources").fetchall()
    assert shown["nul"] == "a\ufffdb" and shown["connection"] == "pg"
    assert open_one().load()["dataset.A.orders"].attributes["odd"] == odd
    assert sql("SELECT connection FROM connections_in_use").fetchall() == [("pg",)]
