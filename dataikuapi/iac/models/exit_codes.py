"""The exit codes of commands that compare."""

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """What a command reports to the shell.

    As with Terraform's ``plan -detailed-exitcode``, 2 means that something differs.
    """

    SUCCESS = 0
    """Everything was read, and nothing differs."""

    ERROR = 1

    DIFFERENT = 2

    INCOMPLETE = 3
    """Nothing differs in what was read, but something could not be read."""

    USAGE = 64
    """EX_USAGE of sysexits.h, since argparse's 2 means a difference here."""

    INTERRUPTED = 130
    """What a shell reports of a command that SIGINT ended; also after SIGTERM."""

    @classmethod
    def from_comparison(cls, is_different: bool, is_incomplete: bool) -> "ExitCode":
        """Return the exit code of a comparison.

        Args:
            is_different: whether there is a difference to report.
            is_incomplete: whether something could not be read.
        """
        if is_different:
            return cls.DIFFERENT
        return cls.INCOMPLETE if is_incomplete else cls.SUCCESS
