"""Which objects in DSS those of the code are, where DSS has given them other ids."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.live_ids import LiveIds, with_ids
from dataikuapi.iac.models import Resource, State, ValueChangeType
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.journal import JournalEntry, unsettled
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import ActionType
from dataikuapi.iac.types.base import Identity
from dataikuapi.iac.types.lookup import display_name_of, kept_by_dss
from dataikuapi.iac.types.registry import TYPES

__all__ = ["Matches", "added_paths", "contradictions", "match"]


@dataclass
class Matches:
    """What is known of objects beside what the state says.

    Args:
        ids: in DSS, by those in the code.
        ours: ids in DSS of what an interrupted apply has created or changed.
        created: those of them that it has created.
        uncertain: why it is not certain which object in DSS one of the code is, by its
            id in the code.
    """

    ids: dict[str, str] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    uncertain: dict[str, str] = field(default_factory=dict)


def added_paths(code: Resource, live: Resource) -> tuple[str, ...]:
    """Return the paths of what DSS has added to an object by itself."""
    if code.metadata.checksum == live.metadata.checksum:
        return ()
    diff = DiffEngine().compare(code, live)
    changes = () if diff is None else diff.changes
    return tuple(item.path for item in changes if item.kind is ValueChangeType.ADDED)


def contradictions(code: Resource, live: Resource) -> tuple[str, ...]:
    """Return the paths where DSS has something else than the code, and not nothing.

    An object that an apply has begun to create has none: DSS may have stored a part of
    what it was sent. One that somebody else has created usually has some.
    """
    diff = DiffEngine().compare(live, code)
    changes = () if diff is None else diff.changes
    return tuple(
        item.path
        for item in changes
        if item.kind is ValueChangeType.MODIFIED and item.old
    )


def match(
    entries: Iterable[JournalEntry], stored: State, code: State, live: State
) -> Matches:
    """Return which objects of the code are in DSS under other ids.

    What the journal says goes first: of an apply that was interrupted, it knows what
    was about to be done. Then objects of the same type and name are the same, if each
    side has one of them that the other does not have by its id.

    Args:
        entries: of the journal, oldest first.
        stored: the stored state.
        code: what is wanted, with the ids in DSS as far as the state remembers them.
        live: what DSS has now.
    """
    found = Matches()
    for rid, details in unsettled(entries).items():
        _recover(found, rid, details, stored, code, live)
    lacking = defaultdict[tuple[str, str, str], list[Resource]](list)
    for resource in code:
        rid = resource.resource_id
        is_known = rid in live or rid in stored or rid in found.ids
        if not is_known and rid not in found.uncertain and _is_generated(rid):
            lacking[_name_of(resource)].append(resource)
    free = defaultdict[tuple[str, str, str], list[Resource]](list)
    taken = {*code.resources, *found.ids.values()}
    for resource in live if lacking else ():
        if resource.resource_id not in taken:
            free[_name_of(resource)].append(resource)
    for name, resources in lacking.items():
        _pair(found, resources, free.get(name, []))
    return found


def _pair(found: Matches, wanted: list[Resource], there: list[Resource]) -> None:
    """Find out which objects of the same name are the same."""
    if len(wanted) == len(there) == 1:
        found.ids[wanted[0].resource_id] = there[0].resource_id
        return
    left = list(there)
    for resource in wanted:
        same = [item for item in left if _is_same(resource, item)]
        if len(same) == 1:
            found.ids[resource.resource_id] = same[0].resource_id
            left.remove(same[0])
        elif left:
            ids = ", ".join(item.resource_id for item in left)
            found.uncertain[resource.resource_id] = (
                f"DSS has {len(left)} of its name, and which of them it is cannot be "
                f"told: {ids}. Give it a name of its own, or remove those that nobody "
                "wants"
            )


def _is_same(code: Resource, live: Resource) -> bool:
    moved = with_ids(code, {code.resource_id: live.resource_id})
    diff = DiffEngine().compare(live, moved)
    return diff is not None and not diff.changes


def _recover(
    found: Matches,
    rid: str,
    details: Mapping[str, JSON],
    stored: State,
    code: State,
    live: State,
) -> None:
    """Find out what became of an action of which the state may not know."""
    live_id = details.get("live_id", rid)
    if not isinstance(live_id, str) or rid in stored or live_id in stored:
        # It was there before: it is as it was, or as the apply has changed it.
        resource = live.get_resource(rid)
        sums = {details.get("wanted"), details.get("checksum")}
        if resource is not None and resource.compute_checksum() in sums:
            found.ours.add(rid)
        return
    if details.get("action") == ActionType.RENAME.value:
        old_id = details.get("renamed_from")
        if rid in live and old_id in stored and old_id not in live:
            found.ours.add(rid)
        return
    if details.get("action") != ActionType.CREATE.value:
        return
    listed = details.get("listed")
    # Under the id that DSS gave it, if the state remembers that by now.
    wanted = code.get_resource(rid) or code.get_resource(live_id)
    if live_id == rid and isinstance(listed, list):  # DSS was to generate the id.
        candidates = _unnamed(rid, listed, code, live)
    else:
        candidates = [live[live_id]] if live_id in live else []
        if candidates and live_id != rid:
            found.ids[rid] = live_id  # It is that one, whoever has changed it since.
    candidates = [
        item for item in candidates if _is_made(item, wanted, details, found.ids)
    ]
    if len(candidates) == 1:
        found.ours.add(candidates[0].resource_id)
        found.created.add(candidates[0].resource_id)
        if candidates[0].resource_id != rid:
            found.ids[rid] = candidates[0].resource_id
    elif candidates:
        ids = ", ".join(item.resource_id for item in candidates)
        found.uncertain[rid] = (
            f"an apply was interrupted while it created it, and DSS has "
            f"{len(candidates)} new ones of its name: {ids}. Look at them in DSS, and "
            "delete those that nobody wants"
        )


def _unnamed(rid: str, listed: list[JSON], code: State, live: State) -> list[Resource]:
    """Return what can be the object that was about to be created, by its name.

    Args:
        rid: its id in the code.
        listed: ids of those that DSS had before.
        code: what is wanted.
        live: what DSS has now.
    """
    wanted = code.get_resource(rid)
    return [
        item
        for item in live
        if wanted is not None
        and _name_of(item) == _name_of(wanted)
        and item.resource_id not in listed
        and item.resource_id not in code
    ]


def _is_made(
    live: Resource, wanted: Resource | None, details: Mapping[str, JSON], ids: LiveIds
) -> bool:
    """Return whether an object is what an apply has created, and nobody has changed.

    Args:
        live: what DSS has.
        wanted: what the code has, which may have changed since.
        details: what the journal says of the creation.
        ids: of other objects in DSS, which it may refer to, by those in the code.
    """
    is_known = "live_id" in details and "checksum" not in details
    if is_known and live.metadata.version_number == 0:
        return True  # Nobody has saved it since DSS has said that it made it.
    if live.compute_checksum() in (details.get("wanted"), details.get("checksum")):
        return True
    if wanted is None:
        return False
    moved = with_ids(wanted, {**ids, wanted.resource_id: live.resource_id})
    return not contradictions(moved, live)


def _name_of(resource: Resource) -> tuple[str, str, str]:
    """Return type, project and the name that people know an object by."""
    name = display_name_of(resource)
    return resource.resource_type, resource.project_key, name


def _is_generated(resource_id: str) -> bool:
    rid = ResourceId.parse(resource_id)
    kind = TYPES.get(rid.resource_type)
    is_generated = kind is not None and kind.identity is Identity.GENERATED
    return is_generated and not kept_by_dss(rid)
