"""The exit codes, and the errors of the command line itself."""

__all__ = [
    "DIFFERENT",
    "ERROR",
    "INCOMPLETE",
    "INTERRUPTED",
    "USAGE",
    "OutputError",
    "UsageError",
]

ERROR, DIFFERENT, INCOMPLETE = 1, 2, 3
USAGE = 64
"""EX_USAGE of sysexits.h, since argparse's 2 means drift here."""
INTERRUPTED = 130
"""What a shell reports of a command that SIGINT ended."""


class UsageError(Exception):
    """The arguments, or the environment variables in their place, are wrong."""


class OutputError(Exception):
    """Standard output does not take what is written to it."""
