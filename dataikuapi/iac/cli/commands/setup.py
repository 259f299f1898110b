"""The commands that set up the command line: init and completion."""

import os
from importlib import resources
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.help import Command
from dataikuapi.iac.cli.options import (
    host_options,
    output_options,
    state_options,
)
from dataikuapi.iac.cli.output import write_text
from dataikuapi.iac.cli.parameters import TEXT
from dataikuapi.iac.config.connection import find_dss
from dataikuapi.iac.config.variables import read_variable
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.exit_codes import ExitCode

__all__ = ["COMPLETION_VARIABLE", "PROGRAM", "completion", "init"]

PROGRAM = "dataiku-iac"
COMPLETION_VARIABLE = "_DATAIKU_IAC_COMPLETE"
"""The name that click derives from that of the program."""


@click.command(
    cls=Command,
    examples=(
        "dataiku-iac init --host https://dss.example.com",
        "dataiku-iac init --environment prod --instance live",
    ),
)
@click.option(
    "--instance",
    type=TEXT,
    help="Name of the instance in ~/.dataiku/config.json, instead of a URL.",
)
@host_options
@state_options
@output_options
@click.pass_obj
def init(settings: Settings, instance: str | None) -> ExitCode:
    """Write a first dataiku-iac.yaml, with one environment.

    An existing file is not overwritten, and API keys are not written.
    """
    from dataikuapi.iac.config.template import write_config_file

    host = settings.host
    if host is None and instance is None:
        host, instance = find_dss(os.environ)
    name = settings.environment or read_variable(
        os.environ, "DATAIKU_ENVIRONMENT", check_environment
    )
    path = write_config_file(
        Path.cwd(), name or "dev", host=host, instance=instance, state=settings.state
    )
    schema = resources.files("dataikuapi.iac.schemas") / "config_v1.schema.json"
    lines = [f"wrote {path.name}, with environment {name or 'dev'}"]
    if host is None and instance is None:
        lines.append("next: set its host")
    lines.append(f"its JSON Schema, for editors: {schema}")
    write_text("\n".join(lines))
    return ExitCode.SUCCESS


@click.command(
    cls=Command,
    examples=(
        'eval "$(dataiku-iac completion bash)"    # in ~/.bashrc',
        'eval "$(dataiku-iac completion zsh)"     # in ~/.zshrc',
        "dataiku-iac completion fish | source     # in ~/.config/fish/config.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@output_options
@click.pass_context
def completion(ctx: click.Context, shell: str) -> ExitCode:
    """Print the script that completes commands in bash, zsh or fish."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click does not complete {shell}", ctx)
    root = ctx.find_root().command
    write_text(found(root, {}, PROGRAM, COMPLETION_VARIABLE).source())
    return ExitCode.SUCCESS
