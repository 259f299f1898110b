"""The backend of PostgreSQL keeps what it promises."""

import re
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import psycopg
import pytest

from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.backends.conformance import BackendConformance
from iac.tcp_proxy import Proxy, proxy_to

SCHEMA = "conformance"

SAVE = (b"FOR UPDATE", b"INSERT INTO versions")
MOMENTS = [
    (b"FOR UPDATE",),
    (b"FOR UPDATE", b'COPY "resources"'),
    SAVE,
    (*SAVE, b"UPDATE states"),
    (*SAVE, b"COMMIT"),
]


class TestPostgresBackend(BackendConformance):
    def open_backend(self, place):
        return open_backend(place)

    @pytest.fixture(autouse=True)
    def proxies(self, postgres):
        self.postgres = postgres
        with ExitStack() as self.stack:
            yield

    @pytest.fixture
    def new_place(self, postgres):
        return lambda: postgres.url(state=f"s{uuid4().hex}", schema=SCHEMA)

    def failing(self, place):
        return [self._cut(place, Proxy.cut_before, words) for words in MOMENTS]

    def losing_answers(self, place):
        return [self._cut(place, Proxy.cut_after, (*SAVE, b"COMMIT"))]

    @contextmanager
    def _cut(self, place, cut, words):
        """Cut the connection of a backend at a moment of its next save."""
        proxy = self.stack.enter_context(proxy_to(self.postgres.socket))
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
        backend = open_backend(f"{url}&state={_state_of(place)}&schema={SCHEMA}")
        cut(proxy, *words)
        yield backend

    def load_backup(self, place, location):
        serial = int(re.findall(r"serial (\d+)", location)[0])
        return open_backend(place).load_version(serial)

    def damage(self, place):
        with psycopg.connect(self.postgres.url()) as connection:
            connection.execute(
                f"UPDATE {SCHEMA}.resources r SET attributes = '3' "
                f"FROM {SCHEMA}.states s WHERE s.id = r.state_id AND s.name = %s "
                "AND valid_to IS NULL",
                [_state_of(place)],
            )
        return True


def _state_of(place):
    return re.findall(r"state=(\w+)", place)[0]
