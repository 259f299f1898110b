"""Entries of a journal, for tests."""

from dataikuapi.iac.models.journal import JournalEntry, JournalEvent

A, B = "dataset.SHOP.a", "dataset.SHOP.b"
BEGIN, INTENT, OUTCOME, END = JournalEvent


def begin(run="1", **details):
    return JournalEntry(run, BEGIN, details=details)


def intent(resource_id=A, run="1", **details):
    return JournalEntry(run, INTENT, resource_id, details)


def outcome(resource_id=A, run="1", **details):
    return JournalEntry(run, OUTCOME, resource_id, details)


def end(run="1", **details):
    return JournalEntry(run, END, details=details)


def add(journal, *entries):
    for entry in entries:
        journal.append(entry)


def finished(run, *objects):
    """Return the entries of an apply that is over, and knows what became of each."""
    actions = [
        each for key in objects for each in (intent(key, run), outcome(key, run))
    ]
    return [begin(run), *actions, end(run)]
