"""The program ``dataiku-iac``: its commands, and the options before them."""

import click

from dataikuapi.iac import __version__
from dataikuapi.iac.cli.commands.apply import adopt, apply, rollback
from dataikuapi.iac.cli.commands.compare import compare
from dataikuapi.iac.cli.commands.doctor import doctor
from dataikuapi.iac.cli.commands.instance import drift, refresh, sync
from dataikuapi.iac.cli.commands.lock import lock
from dataikuapi.iac.cli.commands.plan import plan
from dataikuapi.iac.cli.commands.pull import pull
from dataikuapi.iac.cli.commands.report import report
from dataikuapi.iac.cli.commands.setup import PROGRAM, completion, init
from dataikuapi.iac.cli.commands.state import state
from dataikuapi.iac.cli.commands.stored import diff, history, restore, show, verify
from dataikuapi.iac.cli.help import AllCommands
from dataikuapi.iac.cli.options import host_options, output_options, state_options
from dataikuapi.iac.cli.output import write_text

__all__ = ["dataiku_iac"]


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        write_text(f"{PROGRAM} {__version__}")
        ctx.exit()


@click.group(
    PROGRAM,
    cls=AllCommands,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The API key is read from DATAIKU_API_KEY, DKU_API_KEY or "
    "~/.dataiku/config.json, or prompted for. An environment variable that is empty "
    "counts as not set; an empty value of an option is a usage error.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@state_options
@host_options
@output_options
def dataiku_iac() -> None:
    """Track the configuration of a Dataiku DSS instance.

    Record it, and see what changed. Options may also be given after the command.
    """


for command in (
    init,
    doctor,
    sync,
    drift,
    report,
    refresh,
    pull,
    plan,
    apply,
    rollback,
    adopt,
    diff,
    compare,
    show,
    history,
    restore,
    verify,
    state,
    lock,
    completion,
):
    dataiku_iac.add_command(command)
