"""Asks before something that cannot be taken back is done."""

import sys

import click

from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.output import is_terminal, write_error

__all__ = ["is_answered_yes", "yes_option"]

_ANSWER = "yes"

yes_option = click.option(
    "--yes",
    "--auto-approve",
    "is_approved",
    is_flag=True,
    help="Do not ask. Necessary where nobody can answer, as in CI.",
)


def is_answered_yes(question: str) -> bool:
    """Ask a question on the terminal.

    Args:
        question: ends with a question mark.

    Raises:
        UsageError: if there is nobody to ask.
    """
    if not is_terminal(sys.stdin):
        raise UsageError(
            "nobody can be asked, since standard input is no terminal: pass --yes"
        )
    write_error(f"\n{question} Only {_ANSWER!r} is taken for consent.")
    sys.stderr.write("> ")  # Standard output may go to a file.
    sys.stderr.flush()
    return sys.stdin.readline().strip() == _ANSWER
