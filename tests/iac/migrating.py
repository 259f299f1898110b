"""A state with some history and a journal, to be moved, and what is compared."""

from dataikuapi.iac import Resource, State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.save_note import SaveNote, set_note
from iac.journals import begin, end, intent, outcome

ORDERS, ITEMS = "dataset.SHOP.orders", "dataset.STORE.items"


def fill(backend, versions=4):
    """Store some versions, as syncs, edits and restores do, and a journal."""
    state = State(serial=1, environment="dev")
    for number in range(1, versions + 1):
        for key, count in {ORDERS: number, ITEMS: number // 2}.items():
            state.resources[key] = Resource("dataset", key, {"n": count})
        day = f"2026-01-0{number}T00:00:00Z"
        state.scope = [
            {"project": key, "types": ["dataset"], "read_at": day}
            for key in ("SHOP", "STORE")
        ]
        set_note(state, SaveNote(by="ada"))
        backend.save_message = f"round {number}"
        backend.save(state)
    backend.save_message = ""
    backend.restore(2)
    if Capability.JOURNAL in backend.capabilities:
        journal = backend.journal()
        journal.append(begin(), intent("a"), outcome("a"), end())
    return backend


def versions_of(backend):
    """Return all versions that a backend keeps, by serial."""
    kept = {version.serial: version.load() for version in backend.history()}
    state = backend.load()
    return {**kept, state.serial: state}


def documents_of(backend):
    """Return the documents of all versions, by serial."""
    return {serial: state.to_dict() for serial, state in versions_of(backend).items()}


def plain(documents):
    """Leave out in which serials objects count as stored: that may be a later one."""
    for document in documents.values():
        for entry in document["resources"].values():
            entry["metadata"].pop("serial", None)
        for entry in document["scope"]:
            entry.pop("serial", None)
    return documents
