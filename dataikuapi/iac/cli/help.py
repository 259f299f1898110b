"""Commands whose help has examples and exit codes; their output may go to a file."""

from collections.abc import Mapping
from typing import Any

import click

from dataikuapi.iac.cli.log import log_to_stderr
from dataikuapi.iac.cli.output import output_to, write_text

__all__ = ["COMPARES", "PLAIN", "READS", "AllCommands", "Command", "Group"]

PLAIN = {0: "success", 1: "error", 64: "usage or configuration error"}
"""The exit codes of most commands."""

READS = {
    **PLAIN,
    3: "saved, but some objects or permissions could not be read "
    "(0 with --allow-unknown)",
}

COMPARES = {
    **PLAIN,
    0: "success, and nothing differs",
    2: "something differs",
    3: "nothing differs in what was read, but some objects could not be read "
    "(0 with --allow-unknown)",
}


def _show_help(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        write_text(ctx.get_help().rstrip("\n"))
        ctx.exit()


_ALL = {
    **PLAIN,
    2: "something differs, or is to be done",
    3: "incomplete: something could not be read, is in conflict or was refused "
    "(0 with --allow-unknown, if it is only unknown)",
    130: "interrupted",
}


class _WithHelp(click.Command):
    """Prints its help as commands print their output."""

    examples: tuple[str, ...] = ()
    exit_codes: Mapping[int, str] = PLAIN

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help``."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        with formatter.section("Exit codes"):
            codes = sorted(self.exit_codes.items())
            formatter.write_dl([(str(code), meaning) for code, meaning in codes])
        super().format_epilog(ctx, formatter)


class Command(_WithHelp):
    """One command.

    Args:
        examples: command lines, shown in the help.
        exit_codes: what each exit code means.
        options: those of :class:`click.Command`.
    """

    def __init__(
        self,
        *,
        examples: tuple[str, ...] = (),
        exit_codes: Mapping[int, str] = PLAIN,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.examples = examples
        self.exit_codes = exit_codes

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, with its output and its log where the options say."""
        settings = ctx.obj
        with log_to_stderr(settings), output_to(settings.output):
            return super().invoke(ctx)


class Group(_WithHelp, click.Group):
    """A group of commands, whose exit codes are those of most."""

    exit_codes: Mapping[int, str] = PLAIN

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were added."""
        return list(self.commands)


class AllCommands(Group):
    """The group of all commands."""

    exit_codes = _ALL
