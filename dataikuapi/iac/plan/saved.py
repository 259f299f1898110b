"""Plans in files: what is reviewed now, and executed later.

The file is JSON; its schema is ``saved_plan_v1.schema.json``. It has no secrets, but it
has the configuration of the objects, so only the owner may read it.
"""

import os
from pathlib import Path
from typing import Any

from dataikuapi.iac.exceptions import PlanFileError
from dataikuapi.iac.files import (
    PRIVATE,
    atomic_temporary,
    fsync_dir,
    read_regular,
    require_regular,
)
from dataikuapi.iac.models.json_values import MAX_DEPTH, find_unsupported
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan
from dataikuapi.iac.plan.document import plan_from_document, plan_to_document
from dataikuapi.iac.statefile import strict_json
from dataikuapi.iac.validation import find_violation

__all__ = [
    "SAVED_PLAN_VERSION",
    "is_saved_plan",
    "read_plan",
    "require_plan_or_nothing",
    "write_plan",
]

SAVED_PLAN_VERSION = 1
"""Of the files that are written; raised by a change that older readers cannot read."""

_FORMAT = "dataiku-iac-plan"
"""Marks a file as a plan."""

_SCHEMA = "saved_plan_v1.schema.json"

_ABOVE_ATTRIBUTES = 5
"""Levels above attributes: the file, its plan, the actions, one of them, a resource."""

_AGAIN = "Plan again: dataiku-iac plan --out FILE"


def write_plan(plan: ExecutionPlan, path: str | Path) -> None:
    """Write a plan to a file that only its owner may read; all of it, or nothing.

    Args:
        plan: what to write.
        path: of the file. An older plan there is replaced, and nothing else.

    Raises:
        PlanFileError: if it could not be written.
    """
    target = Path(path)
    require_plan_or_nothing(target)
    data = _dumps(plan, target)
    try:
        with atomic_temporary(target, data, PRIVATE) as temporary:
            os.replace(temporary, target)
        fsync_dir(target.parent)
    except OSError as error:
        raise PlanFileError(
            f"cannot write the plan to {path}: {error.strerror}. Name another file, in "
            "a folder that exists"
        ) from error


def require_plan_or_nothing(path: str | Path) -> None:
    """Check that a plan may be written to a path.

    Raises:
        PlanFileError: if there is anything but a plan.
    """
    target = Path(path)
    try:
        require_regular(target)
        data = read_regular(target)
    except FileNotFoundError:
        return
    except OSError as error:
        raise PlanFileError(
            f"cannot write the plan to {path}: {error.strerror}. Name another file"
        ) from error
    try:
        is_plan = _is_plan(_parse(data))
    except ValueError:
        is_plan = False
    if not is_plan:
        raise PlanFileError(
            f"{path} is not a plan, so it is not replaced by one. Name another file, "
            "or remove it"
        )


def is_saved_plan(path: str | Path) -> bool:
    """Return whether a path is meant to be a plan: by its suffix, or what is there."""
    target = Path(path)
    if target.suffix == ".json":
        return True
    try:
        return target.is_file() and _is_plan(_parse(read_regular(target)))
    except (OSError, ValueError):
        return False


def read_plan(path: str | Path) -> ExecutionPlan:
    """Read a plan that :func:`write_plan` wrote; it equals the one that was written.

    Args:
        path: of the file.

    Raises:
        PlanFileError: if the file could not be read, is not a plan, or was edited.
    """
    try:
        data = read_regular(path)
    except FileNotFoundError as error:
        raise PlanFileError(f"there is no plan at {path}. {_AGAIN}") from error
    except OSError as error:
        raise PlanFileError(f"cannot read {path}: {error.strerror}") from error
    try:
        return _loads(data)
    except ValueError as error:
        raise PlanFileError(f"{path}: {error}") from error


def _dumps(plan: ExecutionPlan, path: Path) -> bytes:
    document: dict[str, Any] = {
        "format": _FORMAT,
        "format_version": SAVED_PLAN_VERSION,
        "digest": "",
        "plan": plan_to_document(plan),
    }
    try:
        document["digest"] = strict_json.checksum(document["plan"])
        return strict_json.dumps(document, _MAX_DEPTH, _find_problem)
    except (TypeError, ValueError, RecursionError) as error:
        problem = _find_problem(document) or str(error)
        raise PlanFileError(
            f"cannot write the plan to {path}: {problem}, which JSON cannot carry "
            "exactly. Change it in the code or in DSS"
        ) from error


def _loads(data: bytes) -> ExecutionPlan:
    """Return the plan in a file.

    Raises:
        ValueError: if there is none; says why, and what to do.
    """
    if not data:
        raise ValueError(f"it is empty (0 bytes), so there is no plan in it. {_AGAIN}")
    try:
        document = _parse(data)
    except ValueError as error:
        why = f"{error}. It is not a plan, or only a part of one. {_AGAIN}"
        raise ValueError(why) from error
    if not _is_plan(document):
        raise ValueError(f"{_kind_of(document)}, and no saved plan. {_AGAIN}")
    version = document.get("format_version")
    if type(version) is int and version > SAVED_PLAN_VERSION:
        raise ValueError(
            f"a newer dataiku-iac wrote this plan: its format version is {version}, "
            f"and this one reads {SAVED_PLAN_VERSION}. Upgrade it, or plan again"
        )
    if document.get("digest") != strict_json.checksum(document.get("plan")):
        raise ValueError(
            "it was edited since it was written, or damaged: its digest is not that of "
            f"its content. What is executed is what was planned. {_AGAIN}"
        )
    violation = _unknown_action(document) or find_violation(document, _SCHEMA)
    if violation:
        raise ValueError(f"it is not a valid plan: {violation}. {_AGAIN}")
    try:
        return plan_from_document(document["plan"])
    except ValueError as error:
        raise ValueError(f"it is not a valid plan: {error}. {_AGAIN}") from error


def _parse(data: bytes) -> Any:
    try:
        return strict_json.loads(data, _MAX_DEPTH, _find_problem)
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {_MAX_DEPTH}") from error


def _is_plan(document: Any) -> bool:
    return isinstance(document, dict) and document.get("format") == _FORMAT


def _kind_of(document: Any) -> str:
    """Say what a document is instead of a plan."""
    members = document.keys() if isinstance(document, dict) else set()
    if {"version", "serial", "resources"} <= members:
        return "it is a state"
    if {"format_version", "summary", "resources"} <= members:
        return "it is the report of a plan (--format json)"
    return "it is some other JSON"


def _unknown_action(document: Any) -> str | None:
    """Name the first action of a type that this version does not know."""
    plan = document.get("plan")
    actions = plan.get("actions") if isinstance(plan, dict) else None
    for action in actions if isinstance(actions, list) else ():
        kind = action.get("action") if isinstance(action, dict) else None
        if isinstance(kind, str) and kind not in {item.value for item in ActionType}:
            return f"{kind[:40]!a} is not an action type"
    return None


_MAX_DEPTH = MAX_DEPTH + _ABOVE_ATTRIBUTES


def _find_problem(document: Any) -> str | None:
    return find_unsupported(document, "$", 1 - _ABOVE_ATTRIBUTES)
