"""The commands on the locks of a state: who holds them, and taking them away."""

import click

from dataikuapi.iac import StateBackend
from dataikuapi.iac.cli.asking import is_answered_yes, yes_option
from dataikuapi.iac.cli.context import Settings, open_backend
from dataikuapi.iac.cli.help import Command, Group
from dataikuapi.iac.cli.options import output_options, state_options
from dataikuapi.iac.cli.output import write_text
from dataikuapi.iac.cli.parameters import LOCK
from dataikuapi.iac.cli.selection import write_json
from dataikuapi.iac.console import printable
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.locks import APPLY_LOCK, STATE_LOCK, LockInfo

__all__ = ["lock"]

_format_option = click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the output.",
)


@click.group(cls=Group, no_args_is_help=False)
def lock() -> None:
    """List, show and release the locks of the stored state.

    A save holds the lock named state; an apply holds one for each project that it
    writes to, such as apply:SHOP; journal is that of the journal of applies.
    """


@lock.command(
    "list",
    cls=Command,
    examples=("dataiku-iac lock list", "dataiku-iac -e prod lock list"),
)
@_format_option
@state_options
@output_options
@click.pass_obj
def list_locks(settings: Settings, format_name: str) -> ExitCode:
    """List the locks that somebody holds: who, where, since when, and why."""
    backend = open_backend(settings)
    found = backend.locks()
    if format_name == "json":
        write_json([holder.to_dict() for holder in found])
        return ExitCode.SUCCESS
    width = max((len(holder.name) for holder in found), default=0)
    lines = [f"{holder.name:<{width}}  {_described(holder)}" for holder in found]
    write_text("\n".join(map(printable, lines or [_nobody(backend)])))
    return ExitCode.SUCCESS


@lock.command(
    "show", cls=Command, examples=("dataiku-iac lock show apply:SHOP --format json",)
)
@click.argument("name", type=LOCK, default=STATE_LOCK, metavar="[NAME]")
@_format_option
@state_options
@output_options
@click.pass_obj
def show_lock(settings: Settings, name: str, format_name: str) -> ExitCode:
    """Show who holds a lock; by default that of the state."""
    holder = _holder(open_backend(settings), name)
    if format_name == "json":
        write_json(holder.to_dict())
        return ExitCode.SUCCESS
    known = {key: value for key, value in holder.to_dict().items() if value}
    width = max(map(len, known))
    write_text(
        "\n".join(printable(f"{key:<{width}}  {value}") for key, value in known.items())
    )
    return ExitCode.SUCCESS


@lock.command(
    "release",
    cls=Command,
    examples=(
        "dataiku-iac lock release state",
        "dataiku-iac lock release apply:SHOP --force --yes",
    ),
)
@click.argument("name", type=LOCK, metavar="NAME")
@click.option("--force", is_flag=True, help="Even if its holder may still be at work.")
@yes_option
@state_options
@output_options
@click.pass_obj
def release(settings: Settings, name: str, force: bool, is_approved: bool) -> ExitCode:
    """Take a lock away from its holder, where the storage allows that.

    It is asked first. Without --force, only a lock is taken whose holder is known to be
    gone.
    """
    backend = open_backend(settings)
    holder = _holder(backend, name)
    question = f"Release the lock {name}, held by {_described(holder)}? {_loss(name)}."
    can_release = Capability.LOCK_RELEASE in backend.capabilities
    if can_release and not is_approved and not is_answered_yes(question):
        settings.note("nothing was done")
        return ExitCode.ERROR
    released = backend.release_lock(name, force=force)
    write_text(printable(f"released the lock {name}, held by {_described(released)}"))
    return ExitCode.SUCCESS


def _holder(backend: StateBackend, name: str) -> LockInfo:
    """Return who holds a lock.

    Raises:
        StateNotFoundError: if nobody is known to.
    """
    holders = backend.locks()
    for holder in holders:
        if holder.name == name:
            return holder
    others = ", ".join(holder.name for holder in holders)
    held = f"; held are: {others}" if others else f": {_nobody(backend)}"
    raise StateNotFoundError(f"nobody is known to hold the lock {name}{held}")


def _nobody(backend: StateBackend) -> str:
    if Capability.LOCK not in backend.capabilities:
        return "this storage has no locks"
    if Capability.LOCK_LIST not in backend.capabilities:
        return "this storage does not tell who holds its locks"
    return "no lock is held"


def _described(holder: LockInfo) -> str:
    stale = ". It was not renewed in time, so it may be released"
    return f"{holder}{stale if holder.is_stale else ''}"


def _loss(name: str) -> str:
    """Return what fails for whoever loses a lock."""
    if name == STATE_LOCK:
        return "What they are saving will not be stored"
    if name.startswith(APPLY_LOCK):
        key = name.removeprefix(APPLY_LOCK)
        return (
            f"Their apply to {key} goes on in DSS if it is still at work, and another "
            "one may then write to the same objects"
        )
    return "What they are adding to the journal may be lost"
