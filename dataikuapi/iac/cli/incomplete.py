"""What commands that read DSS report where some of it could not be read."""

from dataikuapi.iac import DataikuIaCError, State
from dataikuapi.iac.cli.output import write_error
from dataikuapi.iac.exceptions import SyncError
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.types.lookup import noun_of

__all__ = ["finished", "nothing_done"]


def nothing_done(
    error: SyncError, host: str, done: str, action: str, command: str
) -> DataikuIaCError:
    """Return the error of a command that does nothing unless everything was read.

    Args:
        error: what could not be read.
        host: the instance that was read.
        done: what was not done, as a participle, e.g. ``saved``.
        action: the same as a verb, e.g. ``save``.
        command: the name of the command.
    """
    failures = "".join(f"\n  {key}: {why}" for key, why in error.failures.items())
    next_step = f"\nTo {action} what can be read: dataiku-iac {command} --keep-going"
    count = len(error.failures)
    what = "object or listing" if count == 1 else "objects or listings"
    return DataikuIaCError(
        f"{count:,} {what} of {host} could not be read, so nothing was {done}:"
        f"{failures}{next_step if error.state.resources else ''}"
    )


def finished(state: State, allow_unknown: bool, where: str) -> ExitCode:
    """Warn of attributes that could not be read; return the exit code.

    Args:
        state: what was read.
        allow_unknown: whether that is no reason for an exit code of its own.
        where: what has earlier values of such attributes, which were kept.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for resource_id, names in sorted(state.unknown_in_part.items()):
        kind = ResourceId.parse(resource_id).resource_type
        for name in names:
            found.setdefault((name, kind), []).append(resource_id)
    for (name, kind), ids in found.items():
        noun = noun_of(kind, len(ids))
        warning = (
            f"warning: the API key may not read the {name} of {len(ids):,} {noun}; "
            f"those in {where}, if any, were kept:"
        )
        lines = [warning, *(f"    ? {resource_id}" for resource_id in ids)]
        write_error("\n".join(lines))
    is_incomplete = bool(state.unknown or found) and not allow_unknown
    return ExitCode.from_comparison(False, is_incomplete)
