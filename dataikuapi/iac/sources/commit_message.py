"""The message of a commit of what a pull wrote."""

from collections.abc import Collection

from dataikuapi.iac.console import printable
from dataikuapi.iac.models import State
from dataikuapi.iac.sources.pull_plan import PullPlan

__all__ = ["commit_message"]


def commit_message(
    message: str, plan: PullPlan, paths: Collection[str], state: State
) -> str:
    """Return a message that lists the objects, and who edited each of them last.

    Args:
        message: its beginning.
        plan: of the pull.
        paths: of the files that are committed.
        state: what was read.
    """
    known = plan.after.objects.items()
    owners = {path: rid for rid, item in known for path in item.paths}
    owners |= plan.owners
    ids = sorted({owners[path] for path in paths if path in owners})
    lines = [printable(f"- {rid}: {_last_edit(rid, state)}") for rid in ids]
    return "\n".join([message.rstrip("\n"), *([""] if lines else []), *lines, ""])


def _last_edit(resource_id: str, state: State) -> str:
    resource = state.get_resource(resource_id)
    if resource is None:
        return "not read" if resource_id in state.unknown else "removed"
    return resource.metadata.last_modified_by or "editor unknown"
