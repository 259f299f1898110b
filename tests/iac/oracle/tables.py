"""Documents as tables from path to leaf, and rules that strike rows from them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Files = Mapping[str, bytes]
"""Contents by path, in the layout in which DSS commits a project to git."""

Row = tuple[Any, ...]
Rows = dict[Row, str]
"""The leaf at each path; a list or an object has its kind as a leaf."""

# A star matches any one segment of a path, such as a list index.
COMMON_NOISE = """
    versionTag creationTag smartName
    checklists/checklists/*/items/*/createdOn
    checklists/checklists/*/items/*/createdBy
    checklists/checklists/*/items/*/stateChangedOn
    """
DISPLAYED_STATE = """
    metrics/displayedState metricsChecks/displayedState checks/displayedState
    """
"""Which metrics and checks a page shows, of every object that has metrics."""


@dataclass(frozen=True, eq=False)
class Rules:
    """What in a kind's documents is not configuration, besides what all kinds have.

    Args:
        noise: paths, with blanks in between. Rows at and below them are struck.
        defaults: values that mean the same as no value, by path; the inner ones first.
        sets: paths of lists whose order means nothing; the inner ones first.
    """

    noise: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    sets: str = ""


def in_folder(files: Files, folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each document directly in a folder."""
    for path, content in files.items():
        parent, _, file = path.rpartition("/")
        name, _, extension = file.rpartition(".")
        if parent == folder and extension == "json":
            yield name, content


def content_of_each(files: Files, folder: str, rules: Rules) -> dict[str, bytes]:
    """Return the comparable content of each document in a folder, by name."""
    return {name: content_of(item, rules) for name, item in in_folder(files, folder)}


@lru_cache(maxsize=1_000)
def content_of(document: bytes, rules: Rules) -> bytes:
    """Return the comparable content of a document."""
    return comparable(rows_in(document, rules.sets), rules)


def rows_in(document: bytes, sets: str = "") -> Rows:
    """Return the table of a document."""
    value = json.loads(document)
    for path in sets.split():
        value = unordered(value, path.split("/"))
    return rows_of(value)


def comparable(rows: Rows, rules: Rules) -> bytes:
    """Return a table as bytes, without the rows that the rules strike."""
    rows = without_noise(rows, COMMON_NOISE + rules.noise)
    rows = without_defaults(rows, rules.defaults)
    names = {leaf for path, leaf in rows.items() if is_tag(path)}
    rows = {path: leaf for path, leaf in rows.items() if path[:1] != ("tags",)}
    return as_bytes(rows) + json.dumps(sorted(names)).encode()


def as_bytes(rows: Rows) -> bytes:
    """Return a table as bytes, equal exactly for equal tables."""
    listed = [[list(path), leaf] for path, leaf in rows.items()]
    return "\n".join(sorted(map(json.dumps, listed))).encode()


def without_noise(rows: Rows, noise: str) -> Rows:
    """Return a table without what is at and below some paths."""
    patterns = [pattern.split("/") for pattern in noise.split()]
    return {
        path: leaf
        for path, leaf in rows.items()
        if not any(begins(path, pattern) for pattern in patterns)
    }


def without_defaults(rows: Rows, defaults: Mapping[str, Any]) -> Rows:
    """Return a table without values that mean the same as no value."""
    for name, default in defaults.items():
        pattern = name.split("/")
        found = {path[: len(pattern)] for path in rows if begins(path, pattern)}
        for prefix in found:
            if table(rows, prefix) == rows_of(default, prefix):
                rows = strike(rows, prefix)
    return rows


def table(rows: Rows, prefix: Row) -> Rows:
    """Return the rows at a path and below it."""
    return {path: rows[path] for path in rows if path[: len(prefix)] == prefix}


def strike(rows: Rows, prefix: Row) -> Rows:
    """Return the rows but those at a path and below it."""
    return {path: rows[path] for path in rows if path[: len(prefix)] != prefix}


def unordered(value: Any, path: list[str]) -> Any:
    """Return the value with the list at the path as a map from content to item."""
    if not path:
        return {json.dumps(item, sort_keys=True): item for item in value}
    if path[0] == "*":
        items = value.values() if isinstance(value, dict) else value
        return [unordered(item, path[1:]) for item in items]
    if path[0] not in value:
        return value
    return {**value, path[0]: unordered(value[path[0]], path[1:])}


def rows_of(value: Any, path: Row = ()) -> Rows:
    """Return the table of a value."""
    if isinstance(value, dict):
        parts, leaf = list(value.items()), "an object"
    elif isinstance(value, list):
        parts, leaf = list(enumerate(value)), "a list"
    else:
        return {path: leaf_of(value)}
    rows = {path: leaf}
    for key, part in parts:
        rows.update(rows_of(part, (*path, key)))
    return rows


def leaf_of(value: Any) -> str:
    """Return a text that is equal exactly for values with the same meaning."""
    if isinstance(value, str) and value.startswith("e:AES:"):
        return "a ciphertext"
    if isinstance(value, float) and value % 1 == 0 and abs(value) < 2**53:
        value = int(value)
    return json.dumps(value)


def is_tag(path: Row) -> bool:
    """Return whether a row is one of the object's tags."""
    return len(path) == 2 and path[0] == "tags"


def begins(path: Row, pattern: list[str]) -> bool:
    """Return whether the beginning of a path matches the pattern."""
    return len(path) >= len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(path, pattern, strict=False)
    )
