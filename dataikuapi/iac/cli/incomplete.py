"""What commands that read DSS report where some of it could not be read."""

from dataikuapi.iac import State
from dataikuapi.iac.cli.output import write_error
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.types.registry import noun_of

__all__ = ["finished"]


def finished(state: State, allow_unknown: bool) -> ExitCode:
    """Warn of attributes that could not be read; return the exit code of a save."""
    found: dict[tuple[str, str], list[str]] = {}
    for resource_id, names in sorted(state.unknown_in_part.items()):
        kind = ResourceId.parse(resource_id).resource_type
        for name in names:
            found.setdefault((name, kind), []).append(resource_id)
    for (name, kind), ids in found.items():
        noun = noun_of(kind, len(ids))
        warning = (
            f"warning: the API key may not read the {name} of {len(ids):,} {noun}; "
            "those in the state, if any, were kept:"
        )
        lines = [warning, *(f"    ? {resource_id}" for resource_id in ids)]
        write_error("\n".join(lines))
    is_incomplete = bool(state.unknown or found) and not allow_unknown
    return ExitCode.from_comparison(False, is_incomplete)
