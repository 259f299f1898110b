"""Who holds the locks of a state is listed, and told how to release them."""

import json

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import StateNotFoundError, StateWriteError
from iac.durability import (
    in_thread,
    refusal_of_lock,
    running,
    send_line,
    state,
    wait_for,
)

pytestmark = pytest.mark.usefixtures("no_hanging")

JOB = "https://gitlab.example.com/shop/-/jobs/7"


def held(path):
    """Return the names of the locks that somebody holds."""
    return [holder.name for holder in LocalFileBackend(path).locks()]


def test_nobody_holds_a_lock_of_a_new_state(backend):
    assert backend.locks() == []
    backend.save(state(1))
    assert backend.locks() == []


def test_the_holder_of_a_lock_in_another_process_is_listed_until_it_ends(backend, path):
    with running("hold", path, "nightly sync", env={"CI_JOB_URL": JOB}) as process:
        wait_for(process, "held")
        (holder,) = backend.locks()
        assert (holder.name, holder.process) == ("state", process.pid)
        assert (holder.reason, holder.url, holder.is_stale) == (
            "nightly sync",
            JOB,
            False,
        )
        assert JOB in refusal_of_lock(path)
        process.kill()
        process.wait()
        assert backend.locks() == []


def test_the_leases_of_applies_and_the_lock_of_the_journal_are_listed(backend, path):
    names = ["state", "journal", "apply:SHOP", "apply:STORE"]
    with backend.lease(["SHOP", "STORE"]), backend.lock("a while"):
        journal = backend.journal()
        with journal._store.lock(journal.name, "clear the journal", 0):
            assert [holder.name for holder in backend.locks()] == names
            thread, outcome = in_thread(lambda: held(path))
            thread.join()
            assert outcome == [names]
    assert backend.locks() == []


def test_leases_of_another_state_in_the_folder_are_not_listed(tmp_path):
    with LocalFileBackend(tmp_path / "dev.state.json").lease(["SHOP"]):
        assert held(tmp_path / "dev") == held(tmp_path / "prod.state.json") == []


def test_a_lease_is_one_under_all_paths_of_the_state(tmp_path):
    path, link = tmp_path / "real" / "dev.state.json", tmp_path / "dev.json"
    LocalFileBackend(path).save(state(1))
    link.symlink_to(path)
    with LocalFileBackend(path).lease(["SHOP"]):
        thread, outcome = in_thread(
            lambda: LocalFileBackend(link).lease(["SHOP"]).__enter__()
        )
        thread.join()
        assert "apply to SHOP" in str(outcome[0])
        assert held(link) == ["apply:SHOP"]


def test_looking_at_locks_takes_none_away(backend, path):
    with backend.lock("a while"):
        for _ in range(3):
            assert held(path) == ["state"]
        assert refusal_of_lock(path)


def test_a_holder_that_an_older_version_wrote_is_understood(backend, path):
    written = {
        "user": "ada",
        "host": "laptop",
        "process": 7,
        "since": "2026-01-02T03:04:05Z",
        "reason": "",
    }
    info = path.with_name(f".{path.name}.lock.info")
    with backend.lock("a while"):
        info.write_text(json.dumps(written))
        (holder,) = backend.locks()
        assert str(holder) == "ada on laptop, process 7, since 2026-01-02T03:04:05Z"
        for broken in ("", "[]", '{"user": 7}'):
            info.write_text(broken)
            assert [str(each) for each in backend.locks()] == ["an unknown holder"]
            assert "an unknown holder" in refusal_of_lock(path)


@pytest.mark.parametrize("force", [False, True])
def test_a_lock_of_a_file_cannot_be_taken_away_and_says_whom_to_end(
    backend, path, force
):
    with running("hold", path, "nightly sync") as process:
        wait_for(process, "held")
        with pytest.raises(StateWriteError, match="end it") as refused:
            backend.release_lock("state", force=force)
        assert f"process {process.pid}" in str(refused.value)
        send_line(process)
        wait_for(process, "freed")
    with pytest.raises(StateNotFoundError, match="apply:SHOP"):
        backend.release_lock("apply:SHOP", force=force)
