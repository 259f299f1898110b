"""Moving a state from one server to the next: each keeps all that it can."""

import pytest

from dataikuapi.iac import LocalFileBackend, migrate
from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.exceptions import StateWriteError
from iac.buckets import KEYS
from iac.http_state_server import serving
from iac.migrating import documents_of, fill, plain


def test_a_state_moves_to_a_bucket_to_a_database_and_back(bucket, postgres, tmp_path):
    origin = fill(LocalFileBackend(tmp_path / "first" / "dev.state.json"))
    url = f"s3://{bucket.name}/team/dev.state.json"
    places = [
        open_backend(url, endpoint=bucket.endpoint, **KEYS),
        open_backend(postgres.url(state="moved", schema="migration")),
        LocalFileBackend(tmp_path / "last" / "dev.state.json"),
    ]
    expected, entries = plain(documents_of(origin)), list(origin.journal().read())
    for place in places:
        moved = migrate(origin, place)
        assert moved.left == ()
        assert (moved.versions, moved.journal_entries) == ((1, 2, 3, 4, 5), 4)
        assert migrate(origin, place) == moved
        assert plain(documents_of(place)) == expected
        assert list(place.journal().read()) == entries
        origin = place


def test_what_a_protocol_cannot_keep_takes_consent(tmp_path, monkeypatch):
    origin = fill(LocalFileBackend(tmp_path / "dev.state.json"))
    with serving() as server:
        place = open_backend(f"{server.url}/terraform/state/dev")
        with pytest.raises(StateWriteError, match="older versions \\(4\\)"):
            migrate(origin, place)
        assert not place.exists()
        moved = migrate(origin, place, allow_loss=True)
        assert (moved.versions, moved.journal_entries) == ((5,), 0)
        assert place.load().resources.keys() == origin.load().resources.keys()
