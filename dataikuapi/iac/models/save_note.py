"""Who saved a version of a state, and why."""

from collections.abc import Mapping
from typing import NamedTuple

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.state import State

__all__ = ["SAVE_NOTE", "SaveNote", "note_of", "set_note", "with_message"]

SAVE_NOTE = "saved"
"""The key of the state file. It is optional, and among what a state keeps as ``extra``,
so that versions of this library that do not know it keep it too."""


class SaveNote(NamedTuple):
    """Who saved a version, and why.

    A backend of this library records its ``save_message`` as the reason.

    Args:
        by: a login, or the id of an API key; "" if unknown.
        message: the reason; "" if none was given.
    """

    by: str = ""
    message: str = ""


def note_of(state: State) -> SaveNote:
    """Return who saved the version that a state was loaded from, and why."""
    saved = state.extra.get(SAVE_NOTE)
    if not isinstance(saved, dict):
        return SaveNote()
    return SaveNote(str(saved.get("by", "")), str(saved.get("message", "")))


def with_message(extra: Mapping[str, JSON], message: str) -> dict[str, JSON]:
    """Return what a state keeps as ``extra``, with another reason for saving it."""
    saved = extra.get(SAVE_NOTE)
    note = {**saved} if isinstance(saved, dict) else {}
    note.pop("message", None)
    if message:
        note["message"] = message
    kept = {name: value for name, value in extra.items() if name != SAVE_NOTE}
    return {**kept, SAVE_NOTE: note} if note else kept


def set_note(state: State, note: SaveNote) -> None:
    """Set the note under which a state is saved next."""
    known = {name: text for name, text in note._asdict().items() if text}
    state.extra.pop(SAVE_NOTE, None)
    if known:
        state.extra[SAVE_NOTE] = known
