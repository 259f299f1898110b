"""The history of applies on the command line."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent

BEGIN, INTENT, OUTCOME, END = JournalEvent
A, B = "dataset.SHOP.a", "dataset.SHOP.b"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
BEGUN = {
    "by": "ann",
    "source": "git:HEAD:SHOP",
    "url": "https://dss",
    "environment": "dev",
    "message": "release 7",
    "actions": {"create": 1, "update": 2},
}
ANN = "git:HEAD:SHOP  by ann  release 7"
COUNTS = {"created": 1, "updated": 1_200, "deleted": 0, "failed": 2}


@pytest.fixture
def journal(tmp_path, run):
    """The journal of the environment on which the commands work."""
    return LocalFileBackend(tmp_path / ".dataiku/state/dev.state.json").journal()


def add(journal, run, *entries):
    """Add entries of an apply, one a minute."""
    for number, (event, resource_id, details) in enumerate(entries):
        at = START + timedelta(minutes=number)
        journal.append(JournalEntry(run, event, resource_id, details, at))


def add_two(journal):
    end = {"outcome": "incomplete", "counts": COUNTS}
    add(journal, "1", (BEGIN, "", BEGUN), (INTENT, A, {}), (OUTCOME, A, {}))
    add(journal, "1", (END, "", end))
    unfinished = {"actions": {"create": 3}, "by": "bob"}
    add(journal, "2", (BEGIN, "", unfinished), (INTENT, A, {}), (OUTCOME, A, {}))
    add(journal, "2", (INTENT, B, {}))


def test_applies_are_listed_newest_first(run, journal):
    add_two(journal)
    code, output, _ = run("history", "--applies")
    assert code == 0
    time = "2026-01-02T03:04:05Z"
    assert output.splitlines() == [
        f"{time}  not finished: 1 of 3 actions, 1 outcome unknown  by bob",
        f"{time}  incomplete: 1 created, 1,200 updated, 2 failed  {ANN}",
    ]


def test_applies_for_machines(run, journal):
    add_two(journal)
    code, output, _ = run("history", "--applies", "--format", "json")
    assert code == 0
    newest, oldest = json.loads(output)
    assert oldest == {
        **BEGUN,
        "run": "1",
        "began_at": "2026-01-02T03:04:05Z",
        "ended_at": "2026-01-02T03:04:05Z",
        "outcome": "incomplete",
        "counts": COUNTS,
        "unknown": [],
    }
    assert (newest["outcome"], newest["ended_at"]) == (None, None)
    assert newest["unknown"] == [B]


def test_details_of_another_version_are_left_out(run, journal):
    add(journal, "1", (BEGIN, "", {"by": 7, "actions": {"create": "many"}}))
    add(journal, "1", (END, "", {"counts": ["created"]}))
    add(journal, "2", (END, "", {"outcome": "done", "counts": {"created": 0}}))
    assert run("history", "--applies")[1].splitlines() == [
        "began before the journal  done: no changes",
        "2026-01-02T03:04:05Z  ended: no changes",
    ]
    assert json.loads(run("history", "--applies", "--format", "json")[1])


def test_without_a_journal_nothing_was_applied(run, journal):
    assert run("history", "--applies")[:2] == (0, "nothing was applied yet\n")
    code, output, _ = run("history", "--applies", "--format", "json")
    assert (code, json.loads(output)) == (0, [])


def test_a_damaged_journal_is_an_error_that_names_the_line(run, journal, tmp_path):
    add_two(journal)
    (file,) = tmp_path.rglob("*.journal.jsonl")
    file.write_bytes(b"damaged\n" + file.read_bytes())
    code, _, errors = run("history", "--applies")
    assert code == 1
    assert "dev.state.json.journal.jsonl is not a valid journal: line 1: " in errors


def test_control_characters_of_a_message_are_escaped(run, journal):
    add(journal, "1", (BEGIN, "", {"message": "a\x1b[31mred\nline"}))
    _, output, _ = run("history", "--applies")
    assert "\x1b" not in output
    assert len(output.splitlines()) == 1


def test_a_format_of_the_versions_is_wrong_usage(run):
    code, _, errors = run("history", "--format", "json")
    assert code == 64
    assert "add --applies" in errors
