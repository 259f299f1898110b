"""Commits a project in DSS before an apply changes it, so that git can tell them apart.

DSS commits each save by itself, unless the project is set to commit only when somebody
asks for it; then what people have not committed yet would be mixed with the apply.
"""

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.plan import PlanMetadata
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.types.registry import PROJECT
from dataikuapi.iac.types.requests import get_json, send
from dataikuapi.iac.types.shapes import expect_object, path_segment

__all__ = ["commit_pending"]

logger = get_logger(__name__)


def commit_pending(client: DSSClient, project_key: str, made_of: PlanMetadata) -> None:
    """Commit what is not committed yet in a project, if its git can be asked.

    An older DSS does not have these calls, and a key need not have the right to them:
    that keeps nobody from applying a plan.

    Args:
        client: connects to DSS.
        project_key: of the project.
        made_of: what the plan was made of, which the message names.
    """
    rid = ResourceId(PROJECT.name, project_key)
    try:
        with translate_errors(client, rid):
            project = client.get_project(path_segment(project_key))
            status = expect_object(get_json(project, "git/status"))
            if status.get("hasUncommittedChanges") is not True:
                return
            body = {"message": _message(made_of)}
            send(project, "POST", "git/actions/commit", body)
    except DataikuIaCError as error:
        logger.debug("no commit of %s in DSS: %s", project_key, error)


def _message(made_of: PlanMetadata) -> str:
    source = f" of {made_of.source}" if made_of.source else ""
    return f"Before dataiku-iac applies a plan{source} (state version {made_of.serial})"
