"""Backups: where they go, and that none is ever overwritten."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from dataikuapi.iac.backends.local import LocalFileBackend
from iac.durability import files, state

CLOCK = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=timezone.utc)
STAMP = "20260102T030405678900Z"


@pytest.fixture
def backend(path):
    """A backend that stores nothing yet, and whose clock is stopped."""
    return LocalFileBackend(path, now=lambda: CLOCK)


def test_first_save_makes_no_backup(backend):
    backend.save(state(5))
    assert files(backend) == ["dev.state.json"]


def test_saving_an_unchanged_state_backs_up_too(backend):
    backend.save(state(1))
    backend.save(backend.load())
    assert "dev.state.pre-serial-2.json" in files(backend)


@pytest.mark.parametrize(
    "file_name, suffix, expected",
    [
        pytest.param("dev.state.json", None, "dev.state.backup.json", id="default"),
        pytest.param("dev.state.json", "v1.2_a-b", "dev.state.v1.2_a-b.json", id="own"),
        pytest.param("my.dev.json", "x", "my.dev.x.json", id="another name"),
        pytest.param("state", "x", "state.x", id="name without an extension"),
    ],
)
def test_backup_is_named_after_the_state(tmp_path, file_name, suffix, expected):
    backend = LocalFileBackend(tmp_path / file_name)
    backend.save(state())
    where = backend.backup() if suffix is None else backend.backup(suffix)
    assert where == tmp_path / expected
    assert Path(where).read_bytes() == backend.state_file.read_bytes()


def test_many_backups_at_the_same_moment_are_all_kept(backend):
    backend.save(state(1))
    made = [backend.backup() for _ in range(4)]
    assert len(set(made)) == 4
    assert set(files(backend)) == {path.name for path in made} | {"dev.state.json"}


def test_saving_the_same_serial_twice_gives_the_second_the_next_one(backend):
    for kind in ("S3", "HDFS", "GCS"):
        backend.save(state(1, type=kind))
    folder = backend.state_file.parent
    assert b'"S3"' in (folder / "dev.state.pre-serial-2.json").read_bytes()
    assert b'"HDFS"' in (folder / "dev.state.pre-serial-3.json").read_bytes()
    assert backend.load().serial == 3


def test_corrupted_state_is_backed_up_unread(backend):
    backend.state_file.parent.mkdir()
    backend.state_file.write_bytes(b"not json")
    assert backend.backup().read_bytes() == b"not json"


def test_save_over_a_corrupted_state_backs_it_up(backend):
    backend.state_file.parent.mkdir()
    backend.state_file.write_bytes(b"not json")
    backend.save(state(4), force=True)
    kept = backend.state_file.parent / "dev.state.pre-serial-4.json"
    assert kept.read_bytes() == b"not json"
