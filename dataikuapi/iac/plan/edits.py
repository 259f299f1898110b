"""Says who changed an object in DSS."""

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.times import format_minute

__all__ = ["edit_in_dss"]


def edit_in_dss(live: Resource) -> str:
    """Say that an object was changed in DSS, by whom and when, as far as DSS tells.

    Args:
        live: as DSS has it now.
    """
    editor, time = live.metadata.last_modified_by, live.metadata.last_modified_at
    by = f" by {editor}" if editor else ""
    at = f" at {format_minute(time)}" if time else ""
    return f"it was changed in DSS{by}{at}"
