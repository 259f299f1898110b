"""Checks before a plan is executed, which only read: rights, and what it needs."""

from collections.abc import Iterator
from typing import Any

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DSSError,
    DSSPermissionError,
    ResourceNotFoundError,
    SyncError,
)
from dataikuapi.iac.manager import StateManager
from dataikuapi.iac.models import ResourceId, State
from dataikuapi.iac.models.plan import ExecutionPlan
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.plan.checking import (
    CheckFinding,
    check_names,
    check_references,
    new_references,
    written_projects,
)
from dataikuapi.iac.sync.connection import clone_client
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.types.registry import PROJECT
from dataikuapi.iac.types.shapes import path_segment

__all__ = ["check_plan"]


def check_plan(manager: StateManager, plan: ExecutionPlan) -> tuple[CheckFinding, ...]:
    """Return what stands against executing a plan, as far as reading tells it.

    It is checked whether the API key may write to the projects, whether DSS has the
    connections, code environments and the like to which the plan newly refers, and
    whether names are as DSS spells them.

    Args:
        manager: of the DSS that the plan is for.
        plan: is not executed.

    Returns:
        Nothing, if all is well.
    """
    return (
        *_rights(manager.client, plan),
        *check_references(plan, *_seen_on_instance(manager, plan)),
        *check_names(plan),
    )


def _rights(client: DSSClient, plan: ExecutionPlan) -> Iterator[CheckFinding]:
    client = clone_client(client, RetryPolicy(max_retries=1))
    for key in written_projects(plan):
        rid = ResourceId(PROJECT.name, key)
        try:
            is_allowed = _may_write(client, rid)
        except ResourceNotFoundError as error:
            yield CheckFinding(str(rid), str(error))
        except DSSError as error:
            why = f"it is not known whether the API key may write to it: {error}"
            yield CheckFinding(str(rid), why, True)
        else:
            if not is_allowed:
                yield CheckFinding(
                    str(rid),
                    "the API key may not write to it. Use one that has the right to "
                    "write the content of the project",
                )


def _may_write(client: DSSClient, rid: ResourceId) -> bool:
    """Return whether an API key may write to a project.

    DSS shows permissions to those who administer a project, and settings to those who
    may write to it.
    """
    project = client.get_project(path_segment(rid.project_key))
    for fetch in (*PROJECT.privileged.values(), _settings):
        try:
            with translate_errors(client, rid):
                fetch(project)
        except DSSPermissionError:
            continue
        return True
    return False


def _settings(project: Any) -> object:
    settings: object = project.get_settings()
    return settings


def _seen_on_instance(manager: StateManager, plan: ExecutionPlan) -> tuple[State, str]:
    """Return what the API key sees on the instance, of the types that are needed.

    Returns:
        It, and why not all of it could be read; "" if it could.
    """
    types = sorted({rid.partition(".")[0] for rid in new_references(plan)})
    if not types:
        return State(scope=Scope()), ""
    reader = StateManager(
        manager.backend, manager.client, manager.environment, types=types
    )
    try:
        return reader.sync_instance(types), ""
    except SyncError as error:
        return error.state, str(error)
    except DSSError as error:
        return State(scope=Scope()), str(error)
