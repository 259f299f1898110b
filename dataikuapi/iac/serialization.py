"""How does a state become bytes, and bytes a state?

The one place where parsing, validating and building meet, so that whatever is wrong
with a document, it is a :class:`~dataikuapi.iac.exceptions.StateCorruptedError`.
"""

from typing import Any, cast

import orjson

from dataikuapi.iac.exceptions import StateCorruptedError, StateWriteError
from dataikuapi.iac.models import State
from dataikuapi.iac.validation import validate_state

__all__ = ["dumps", "loads"]


def dumps(state: State) -> bytes:
    """Write a state as a state file; the same state gives the same bytes.

    The checksums in it are computed afresh, whatever the state says of them.

    Raises:
        StateWriteError: if the state has a value that the format cannot carry.
    """
    document = state.to_dict()
    entries = cast(dict[str, Any], document["resources"])
    for key, entry in entries.items():
        entry["metadata"]["checksum"] = state.resources[key].compute_checksum()
    try:
        validate_state(document)
        return orjson.dumps(
            document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
    except (StateCorruptedError, TypeError) as error:
        raise StateWriteError(f"cannot write this state: {error}") from error


def loads(data: bytes, source: str = "state") -> State:
    """Read a state file.

    Args:
        data: the bytes of the file.
        source: what to call it in a message, e.g. its path.

    Raises:
        StateCorruptedError: if the bytes are no state document.
    """
    if not data:
        raise StateCorruptedError(
            f"{source} is empty (0 bytes): a write was cut short. Restore a backup"
        )
    try:
        document = orjson.loads(data)
        validate_state(document)
        return State.from_dict(document)
    except (StateCorruptedError, ValueError) as error:
        raise StateCorruptedError(
            f"{source} cannot be read: {error}. It was left as it is; restore a backup"
        ) from error
