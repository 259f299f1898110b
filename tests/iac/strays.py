"""Finds what an edit has changed in documents beside what it was to change."""

import json
from typing import Any


def differing(one, other):
    """Return the ids of what two maps have differently."""
    return {rid for rid in one.keys() | other.keys() if one.get(rid) != other.get(rid)}


def without(document, *names):
    """Return a document without some members, and without its version."""
    dropped = {*names, "versionTag", "creationTag"}
    return {key: item for key, item in document.items() if key not in dropped}


def strays(before: Any, wanted: Any, after: Any, path: str = "") -> list[str]:
    """Return the paths of what neither stayed nor became what is wanted."""
    before, wanted, after = (_parsed(each) for each in (before, wanted, after))
    if all(isinstance(each, dict) for each in (before, wanted, after)):
        names = {*before, *wanted, *after}
        return [
            found
            for name in sorted(names)
            for found in strays(
                before.get(name),
                wanted.get(name),
                after.get(name),
                f"{path}/{name}",
            )
        ]
    if isinstance(after, str) and after.startswith("e:AES:"):
        return []  # DSS encrypts it anew.
    plain = [_plain(each) for each in (before, wanted, after)]
    is_list = isinstance(after, list) and before != wanted
    return [] if is_list or plain[2] in plain[:2] else [path]


def _parsed(value):
    """Return the JSON of a payload; any other text as it is."""
    try:
        return json.loads(value) if str(value)[:1] == "{" else value
    except (TypeError, ValueError):
        return value


def _plain(value):
    """Return a value so that defaults and the order of tags do not count."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = sorted(value)
    return value or None
