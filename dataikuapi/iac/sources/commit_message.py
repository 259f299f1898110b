"""The message of a commit of what a pull wrote."""

from dataikuapi.iac.console import printable
from dataikuapi.iac.models import State
from dataikuapi.iac.sources.pull_plan import PullPlan

__all__ = ["commit_message"]


def commit_message(message: str, plan: PullPlan, state: State) -> str:
    """Return a message that lists the objects, and who edited each of them last.

    Args:
        message: its beginning.
        plan: what the pull wrote and removed.
        state: what was read.
    """
    touched = {*plan.writes, *plan.removals, *plan.interrupted}
    ids = sorted({plan.owners[path] for path in touched if path in plan.owners})
    lines = [printable(f"- {rid}: {_last_edit(rid, state)}") for rid in ids]
    return "\n".join([message.rstrip("\n"), *([""] if lines else []), *lines, ""])


def _last_edit(resource_id: str, state: State) -> str:
    resource = state.get_resource(resource_id)
    if resource is None:
        return "removed"
    return resource.metadata.last_modified_by or "editor unknown"
