"""What is stored of one project, as bytes: compressed, and named by its content."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from dataikuapi.iac.exceptions import StateCorruptedError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.statefile.parts import Part, unite
from dataikuapi.iac.statefile.serialization import build, collector_paused, parse
from dataikuapi.iac.statefile.verify import find_problems

__all__ = [
    "PartFile",
    "digest_in",
    "pack",
    "part_problems",
    "read_parts",
    "unpack",
    "write_part",
]

_LEVEL = 3
"""Of the compression: the next ones take twice the time to save a tenth."""


_KEYS = {"resources", "scope", "ids"}


class PartFile(NamedTuple):
    """What is stored of one project.

    Args:
        location: for messages.
        data: what :func:`write_part` returned.
    """

    location: str
    data: bytes


def write_part(part: Part) -> bytes:
    """Return what is stored of a project: the same part gives the same bytes."""
    document = {"resources": part.resources, "scope": part.scope, "ids": part.ids}
    return orjson.dumps(document)


def pack(data: bytes) -> bytes:
    """Compress what is stored."""
    return gzip.compress(data, _LEVEL, mtime=0)


def digest_in(data: bytes) -> str:
    """Return the name of a content; how it was compressed does not matter.

    Half of a SHA-256 is enough for a name: what is to be noticed is damage.
    """
    return hashlib.sha256(data).hexdigest()[:32]


def unpack(stored: bytes, digest: str) -> bytes:
    """Return what was compressed.

    Raises:
        StateCorruptedError: if it is not what has that digest.
    """
    try:
        data = gzip.decompress(stored)
    except (EOFError, OSError, zlib.error) as error:
        raise StateCorruptedError(f"it cannot be decompressed: {error}") from error
    if digest_in(data) != digest:
        raise StateCorruptedError("its content is not what was written")
    return data


def read_parts(head: Mapping[str, Any], files: Iterable[PartFile]) -> State:
    """Build a state from what is stored of some projects, or all.

    Args:
        head: its document without what belongs to projects.
        files: of the projects.

    Raises:
        StateCorruptedError: if one is not valid; says which, and why.
    """
    parts, resources = [], {}
    with collector_paused():
        for location, data in files:
            try:
                part, state = _read_part(head, data)
            except StateCorruptedError as error:
                raise StateCorruptedError(
                    f"{location} is not valid: {error}"
                ) from error
            parts.append(part)
            resources.update(state.resources)
        state = build(unite(head, parts))
        state.resources = {key: resources[key] for key in sorted(resources)}
    return state


def _read_part(head: Mapping[str, Any], data: bytes) -> tuple[Part, State]:
    """Return a part without its resources, and a state that has just these."""
    part = _parse_part(data)
    state = build({**head, "resources": part.resources, "scope": part.scope})
    return replace(part, resources={}), state


def _parse_part(data: bytes) -> Part:
    document = parse(data)
    if not isinstance(document, dict) or document.keys() != _KEYS:
        raise StateCorruptedError("it is no part of a state")
    part = Part(**document)
    ids = part.ids
    if not isinstance(ids, dict) or any(not isinstance(v, str) for v in ids.values()):
        raise StateCorruptedError("what it has of ids is not valid")
    return part


def part_problems(head: Mapping[str, Any], project_key: str, data: bytes) -> list[str]:
    """Return what is wrong with what is stored of a project, one sentence each.

    Args:
        head: the document of the state, without what belongs to projects.
        project_key: of the project.
        data: what :func:`write_part` returned.
    """
    try:
        _read_part(head, data)
        part = _parse_part(data)
    except StateCorruptedError as error:
        return [str(error)]
    found = find_problems(orjson.dumps(unite(head, [part])))
    strays = [
        key
        for key in part.resources
        if ResourceId.parse(key).project_key != project_key
    ]
    return found + [f"{key!r:.200} is of another project" for key in strays]
