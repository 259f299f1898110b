"""Values all over the documents of a project, changed one per document."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

Path = tuple[Any, ...]


def rounds(files: dict[str, bytes], limit: int) -> Iterator[dict[str, bytes]]:
    """Yield the files with one value changed in every document, each time another.

    Args:
        files: contents by path.
        limit: on the number of rounds. Of a document with more values, some are chosen,
            always the same ones.
    """
    paths = {
        file: chosen(list(distinct_leaves(json.loads(content))), limit)
        for file, content in files.items()
        if file.endswith(".json")
    }
    for number in range(max(map(len, paths.values()))):
        changed = {
            file: with_other_leaf(files[file], leaves[number])
            for file, leaves in paths.items()
            if number < len(leaves)
        }
        yield {**files, **changed}


def chosen(items: list[Path], limit: int) -> list[Path]:
    """Return at most so many of the items."""
    return Random(20260112).sample(items, min(limit, len(items)))


def distinct_leaves(document: Any) -> Iterator[Path]:
    """Yield the paths of leaves; of those that differ in positions only, the first."""
    seen = set()
    for path in leaves_of(document):
        names = tuple("*" if isinstance(name, int) else name for name in path)
        if names not in seen:
            seen.add(names)
            yield path


def leaves_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of texts, numbers and the like, and of what is empty."""
    if not value or not isinstance(value, (dict, list)):
        yield path
    else:
        names = value if isinstance(value, dict) else range(len(value))
        for name in names:
            yield from leaves_of(value[name], (*path, name))


def with_other_leaf(content: bytes, path: Path) -> bytes:
    """Return a document with another value at a path."""
    whole = {"document": json.loads(content)}
    *above, last = ("document", *path)
    parent: Any = whole
    for name in above:
        parent = parent[name]
    parent[last] = other(parent[last])
    return json.dumps(whole["document"]).encode()


def other(value: Any) -> Any:
    """Return another value, of the same type; null becomes a text."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, dict):
        return {"x": "y"}
    return ["x"] if isinstance(value, list) else f"{value or ''}x"
