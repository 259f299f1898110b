"""The exit codes, and the errors of the command line itself."""

from collections.abc import Sized

__all__ = [
    "DIFFERENT",
    "ERROR",
    "INCOMPLETE",
    "INTERRUPTED",
    "USAGE",
    "OutputError",
    "UsageError",
    "exit_code",
]

SUCCESS, ERROR, DIFFERENT, INCOMPLETE = 0, 1, 2, 3
USAGE = 64
"""EX_USAGE of sysexits.h, since argparse's 2 means drift here."""
INTERRUPTED = 130
"""What a shell reports of a command that SIGINT ended."""


class UsageError(Exception):
    """The arguments, or the environment variables in their place, are wrong."""


class OutputError(Exception):
    """Standard output does not take what is written to it."""


def exit_code(different: bool, unknown: Sized, allow_unknown: bool) -> int:
    """Return the exit code of a command that read or compared something.

    Args:
        different: whether there is a difference to report.
        unknown: what could not be read.
        allow_unknown: whether that counts as success.
    """
    if different:
        return DIFFERENT
    return INCOMPLETE if unknown and not allow_unknown else SUCCESS
