"""Compare and swap: a save replaces only what the state was loaded from."""

import uuid

import pytest

from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from iac.durability import state

# Compare and swap


def test_a_new_state_gets_a_lineage_that_stays(backend):
    backend.save(state(1))
    lineage = backend.load().lineage
    assert lineage and lineage == str(uuid.UUID(lineage))
    for _ in range(3):
        backend.save(backend.load())
    assert backend.load().lineage == lineage
    assert backend.load().serial == 4


def test_a_state_may_be_saved_again_and_again(backend):
    mine = state(1)
    for serial in (1, 2, 3):
        backend.save(mine)
        assert mine.serial == serial


def test_a_failed_save_leaves_the_state_as_it_was(backend):
    backend.save(state(1))
    mine, other = backend.load(), backend.load()
    backend.save(other)
    before = (mine.serial, mine.lineage, mine.base_version)
    with pytest.raises(StateConflictError):
        backend.save(mine)
    assert (mine.serial, mine.lineage, mine.base_version) == before


def test_another_lineage_is_refused(backend):
    backend.save(state(1))
    stranger = State(lineage="another")
    with pytest.raises(StateConflictError, match="of lineage .* this one of another"):
        backend.save(stranger)
    backend.save(stranger, force=True)
    assert backend.load().serial == 2


def test_a_state_that_was_never_loaded_continues_what_is_stored(backend):
    backend.save(state(7))
    lineage = backend.load().lineage
    fresh = state(1)
    backend.save(fresh)
    assert (fresh.serial, fresh.lineage) == (8, lineage)


def test_a_state_that_was_deleted_meanwhile_is_not_brought_back(backend):
    backend.save(state(1))
    mine = backend.load()
    backend.delete()
    with pytest.raises(StateConflictError, match="was deleted since serial 1"):
        backend.save(mine)
    assert not backend.exists()


def test_an_edit_by_hand_is_a_change(backend):
    backend.save(state(1))
    mine = backend.load()
    text = backend.state_file.read_text().replace('"dev"', '"prod"')
    backend.state_file.write_text(text)
    with pytest.raises(StateConflictError):
        backend.save(mine)


def test_what_a_state_is_based_on_does_not_show(backend):
    backend.save(state(1))
    loaded, again = backend.load(), State.from_dict(backend.load().to_dict())
    assert loaded == again and repr(loaded) == repr(again)
    assert loaded.to_dict() == again.to_dict()
    assert loaded.base_version is not None and again.base_version is None


# What cannot be read, and what changed behind one's back


@pytest.mark.parametrize("content", [b"", b"{", b"{}"])
def test_a_file_that_cannot_be_read_is_refused_unless_forced(backend, content):
    backend.save(state(1))
    loaded = backend.load()
    backend.state_file.write_bytes(content)
    for mine in (state(1), loaded):
        with pytest.raises(StateWriteError, match="cannot be read"):
            backend.save(mine)
        assert backend.state_file.read_bytes() == content
        with pytest.raises(StateCorruptedError):
            backend.load()
    backend.save(loaded, force=True)
    assert backend.load().lineage == loaded.lineage
    versions = backend.state_file.parent.glob("*.pre-serial-*")
    assert content in [item.read_bytes() for item in versions]


def test_a_stale_state_is_refused_and_unchanged(backend):
    backend.save(state(1))
    first, second = backend.load(), backend.load()
    backend.save(first)
    before = backend.state_file.read_bytes(), second.to_dict()
    with pytest.raises(StateConflictError, match="serial 2"):
        backend.save(second)
    assert (backend.state_file.read_bytes(), second.to_dict()) == before
    backend.delete()
    with pytest.raises(StateConflictError, match="deleted"):
        backend.save(second)
    assert not backend.exists()


def test_an_edit_by_hand_of_the_same_serial_is_a_conflict(backend):
    backend.save(state(1, type="S3"))
    mine = backend.load()
    text = backend.state_file.read_text().replace(
        '"environment": "dev"', '"environment": "qa"'
    )
    backend.state_file.write_text(text)
    with pytest.raises(StateConflictError):
        backend.save(mine)
    assert backend.state_file.read_text() == text


def test_an_edit_in_place_spoils_no_backup(backend):
    backend.save(state(1))
    first = backend.state_file.read_bytes()
    by_hand = backend.backup("mine")
    backend.save(backend.load())
    backend.state_file.write_bytes(b"")  # A careless editor writes into the file.
    assert by_hand.read_bytes() == first
    (version,) = backend.state_file.parent.glob("*.pre-serial-*")
    assert version.read_bytes() == first
