"""What is wrong with a state file, if anything? All of it, not just the first thing."""

import json
from typing import Any

from dataikuapi.iac.exceptions import StateCorruptedError
from dataikuapi.iac.models import Resource
from dataikuapi.iac.statefile.serialization import loads

__all__ = ["find_problems"]


def find_problems(data: bytes) -> list[str]:
    """Return what is wrong with a state file, one sentence each.

    Args:
        data: the bytes of the file.

    Returns:
        Keys that stand twice (the last one counts), resources filed under another id,
        checksums that do not match their attributes, and why it does not load.
    """
    twice: list[str] = []
    found = []
    try:
        document = json.loads(data, object_pairs_hook=lambda items: _dict(items, twice))
        found += [f"the key {key!r:.200} stands twice in an object" for key in twice]
        resources = document.get("resources") if isinstance(document, dict) else None
        for key, entry in (resources if isinstance(resources, dict) else {}).items():
            found += _entry_problems(key, entry)
    except (ValueError, RecursionError):
        pass  # What follows says why.
    try:
        loads(data)
    except StateCorruptedError as error:
        found.append(f"it does not load: {error}")
    return found


def _dict(items: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in items:
        if key in result:
            twice.append(key)
        result[key] = value
    return result


def _entry_problems(key: str, entry: Any) -> list[str]:
    try:
        resource = Resource.from_dict(entry)
        checksum = resource.metadata.checksum.lower()
    except (TypeError, ValueError, AttributeError, RecursionError):
        return []  # Loading the file says what is wrong with it.
    found = []
    if resource.resource_id != key:
        found.append(f"{key!r:.200} holds another id: {resource.resource_id!r:.200}")
    if checksum != resource.compute_checksum():
        found.append(f"{key!r:.200} has a checksum that does not match its attributes")
    return found
