"""A plan as a document that can be saved, and back again, exactly."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.changes import PathSegment, PathSegments
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import (
    ActionType,
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
    PlannedValue,
    StoredObject,
)
from dataikuapi.iac.models.times import format_time, parse_time

__all__ = ["plan_from_document", "plan_to_document"]


def plan_to_document(plan: ExecutionPlan) -> dict[str, JSON]:
    """Return the document of a plan, which shares its attributes."""
    made_of = plan.metadata
    return {
        "metadata": {
            "environment": made_of.environment,
            "url": made_of.url,
            "instance": dict(made_of.instance),
            "lineage": made_of.lineage,
            "serial": made_of.serial,
            "read_at": _time(made_of.read_at),
            "source": made_of.source,
            "code_digest": made_of.code_digest,
            "unmanaged": list(made_of.unmanaged),
            "uncovered": list(made_of.uncovered),
            "cycles": [list(ids) for ids in made_of.cycles],
            "refusal": made_of.refusal,
            "left_out": list(made_of.left_out),
            "dependants": list(made_of.dependants),
            "ids": dict(made_of.ids),
            "own_values": list(made_of.own_values),
        },
        "actions": [_action_to_document(action) for action in plan.actions],
    }


def plan_from_document(document: Mapping[str, Any]) -> ExecutionPlan:
    """Return the plan of a document that is valid; the inverse of the above.

    What an action changes is not in the document: it follows from the two versions.

    Raises:
        ValueError: if a value is impossible all the same, such as February 30.
    """
    made_of, read_at = document["metadata"], document["metadata"]["read_at"]
    metadata = PlanMetadata(
        **{
            **made_of,
            "read_at": read_at and parse_time(read_at),
            "unmanaged": tuple(made_of["unmanaged"]),
            "uncovered": tuple(made_of["uncovered"]),
            "cycles": tuple(map(tuple, made_of["cycles"])),
            "left_out": tuple(made_of["left_out"]),
            "dependants": tuple(made_of.get("dependants", ())),
            "own_values": tuple(made_of.get("own_values", ())),
        }
    )
    actions = map(_action_from_document, document["actions"])
    return ExecutionPlan(tuple(actions), metadata)


def _action_to_document(action: PlannedAction) -> dict[str, JSON]:
    old, new = action.diff.old_resource, action.diff.new_resource
    document: dict[str, JSON] = {
        "action": action.action_type.value,
        "resource_id": action.resource_id,
        "dependencies": list(action.dependencies),
        "reason": action.reason,
        "is_unknown": action.is_unknown,
        "drops_data": action.drops_data,
        "renamed_from": action.renamed_from,
        "stored": _stored_to_document(action.stored),
        "old_resource": None if old is None else old._to_dict_nocopy(),
        "conflicts": [_value_to_document(value) for value in action.conflicts],
        "kept": [_value_to_document(value) for value in action.kept],
    }
    if new is not old:
        document["new_resource"] = None if new is None else new._to_dict_nocopy()
    return document


def _action_from_document(document: Mapping[str, Any]) -> PlannedAction:
    old = _resource(document["old_resource"])
    new = _resource(document["new_resource"]) if "new_resource" in document else old
    diff = DiffEngine().compare(old, new)
    if diff is None or diff.resource_id != document["resource_id"]:
        rid = document["resource_id"]
        raise ValueError(f"{rid}: it has no object, or one of another id")
    return PlannedAction(
        action_type=ActionType(document["action"]),
        resource_id=diff.resource_id,
        resource_type=diff.resource_type,
        diff=diff,
        dependencies=tuple(document["dependencies"]),
        reason=document["reason"],
        conflicts=tuple(map(_value_from_document, document["conflicts"])),
        kept=tuple(map(_value_from_document, document["kept"])),
        is_unknown=document["is_unknown"],
        drops_data=document["drops_data"],
        renamed_from=document["renamed_from"],
        stored=_stored_from_document(document["stored"]),
    )


def _resource(entry: dict[str, Any] | None) -> Resource | None:
    return None if entry is None else Resource._from_dict_nocopy(entry)


def _stored_to_document(stored: StoredObject | None) -> JSON:
    if stored is None:
        return None
    return {
        "checksum": stored.checksum,
        "serial": stored.serial,
        "created_at": _time(stored.created_at),
    }


def _stored_from_document(document: Mapping[str, Any] | None) -> StoredObject | None:
    if document is None:
        return None
    created = document["created_at"]
    return StoredObject(
        document["checksum"], document["serial"], created and parse_time(created)
    )


def _time(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)


def _value_to_document(value: PlannedValue) -> JSON:
    path = [
        {name: part for name, part in item._asdict().items() if part or name == "name"}
        for item in value.segments
    ]
    return {
        "path": cast(JSON, path),
        "base": value.base,
        "code": value.code,
        "live": value.live,
    }


def _value_from_document(document: Mapping[str, Any]) -> PlannedValue:
    segments: PathSegments = tuple(PathSegment(**item) for item in document["path"])
    return PlannedValue(segments, document["base"], document["code"], document["live"])
