"""Messages of the library in the terms of the command line: options, not Python."""

import re

__all__ = ["without_python"]

_TERMS = {
    re.compile(pattern): replacement
    for pattern, replacement in {
        r"LocalFileBackend\('(.*?)'\)": r"\1",
        r"<\w*Backend ([^<>]*)>": r"\1",
        r"\bPass lock_address, or set\b": "Set",
        r", or apply\(\.\.\., journal=False\)": "",
        r"; or store it all the same with save\(state, force=True\)": "",
        r", or manager\.save_state\(.*\)": "",
        r", or backend\.restore\(\d+\)": "",
        r", or confirm_removed=\['.*?'\]": "",
        r"\bconfirm_removed\b": "--confirm-removed",
        r", or merge it with StateManager\.save_state": "",
        r"[,;] or save with force=True( to replace it)?": "",
        r", or save with allow_other_instance=True .*": "",
        r"Save with force=True to store this one anyway": "Sync again",
        r", or raise (max_response_bytes|the timeouts) \(RetryPolicy\)": "",
        r"Merge it with StateManager\.save_state": "Sync again",
        r"\bforce=True": "--force",
        r"\ballow_loss=True": "--allow-loss",
    }.items()
}
"""Where the command line has no such option, the advice is left out."""


def without_python(message: str) -> str:
    """Return the message with the options and commands that a user of it can type."""
    for pattern, replacement in _TERMS.items():
        message = pattern.sub(replacement, message)
    return message
