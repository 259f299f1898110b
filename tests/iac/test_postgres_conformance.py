"""The backend of PostgreSQL keeps what it promises."""

import re
from uuid import uuid4

import psycopg
import pytest

from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.backends.conformance import BackendConformance
from iac.tcp_proxy import proxy_to

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
    def cluster(self, postgres):
        self.postgres = postgres

    @pytest.fixture
    def new_place(self, postgres):
        return lambda: postgres.url(state=f"s{uuid4().hex}", schema=SCHEMA)

    def failing(self, place):
        for words in MOMENTS:
            with proxy_to(self.postgres.socket) as proxy:
                backend = open_backend(self._by(proxy, place))
                proxy.cut_before(*words)
                yield backend

    def losing_answers(self, place):
        with proxy_to(self.postgres.socket) as proxy:
            backend = open_backend(self._by(proxy, place))
            proxy.cut_after(*SAVE, b"COMMIT")
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

    def _by(self, proxy, place):
        return (
            f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"
            f"?sslmode=disable&state={_state_of(place)}&schema={SCHEMA}"
        )


def _state_of(place):
    return re.findall(r"state=(\w+)", place)[0]
