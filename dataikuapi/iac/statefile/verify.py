"""Verification of a state file: all its problems, not just the first one."""

from contextlib import suppress
from typing import Any

from dataikuapi.iac.exceptions import StateCorruptedError
from dataikuapi.iac.models import Resource
from dataikuapi.iac.statefile.serialization import loads
from dataikuapi.iac.statefile.strict_json import loads_with_duplicates

__all__ = ["find_problems", "row_problems"]


def find_problems(data: bytes) -> list[str]:
    """Return the problems of a state file, one sentence each.

    Args:
        data: the bytes of the file.

    Returns:
        Duplicate keys (the last one counts), resources filed under another id,
        checksums that do not match their attributes, and why the file does not load.
    """
    found = []
    try:
        document, duplicates = loads_with_duplicates(data)
        found += [
            f"the key {key!r:.200} appears twice in an object" for key in duplicates
        ]
        resources = document.get("resources") if isinstance(document, dict) else None
        for key, entry in (resources if isinstance(resources, dict) else {}).items():
            with suppress(TypeError, ValueError, RecursionError):  # See below.
                found += _entry_problems(key, entry)
    except (ValueError, RecursionError):
        pass  # Loading it, below, says why.
    try:
        loads(data)
    except StateCorruptedError as error:
        found.append(f"it does not load: {error}")
    return found


def row_problems(resource_id: str, data: bytes) -> list[str]:
    """Return the problems of the entry of one resource, one sentence each.

    Args:
        resource_id: under which it is stored.
        data: the JSON of the entry.
    """
    try:
        entry, duplicates = loads_with_duplicates(data)
    except (ValueError, RecursionError) as error:
        return [f"{resource_id!r:.200} is not JSON: {error}"]
    twice = [
        f"{resource_id!r:.200} has the key {key!r:.200} twice in an object"
        for key in duplicates
    ]
    try:
        return twice + _entry_problems(resource_id, entry)
    except (TypeError, ValueError, RecursionError) as error:
        return [*twice, f"{resource_id!r:.200} is not a valid resource: {error}"]


def _entry_problems(key: str, entry: Any) -> list[str]:
    """Return what is wrong with a resource that could be built.

    Raises:
        TypeError, ValueError, RecursionError: if it could not.
    """
    resource = Resource.from_dict(entry)
    checksum = str(resource.metadata.checksum).lower()
    found = []
    if resource.resource_id != key:
        found.append(f"{key!r:.200} holds another id: {resource.resource_id!r:.200}")
    if checksum != resource.compute_checksum():
        found.append(f"{key!r:.200} has a checksum that does not match its attributes")
    return found
