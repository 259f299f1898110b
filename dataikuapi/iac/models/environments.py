"""The names of environments, which also name the files of their states."""

import re

__all__ = ["check_environment"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def check_environment(name: str) -> str:
    """Return the name of an environment, if it is a valid one.

    Args:
        name: e.g. ``dev`` or ``prod-eu``.

    Raises:
        ValueError: if it cannot name a file in every file system: it is empty, too
            long, begins with a dot, or has a separator or a line break in it.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"invalid environment {name[:80]!r}: use 1 to 64 letters (A-Z, a-z), "
            "digits, '_', '-' and '.', beginning with a letter, a digit or '_'"
        )
    return name
