"""JSON values: copying, comparing, checksums, and what JSON cannot carry."""

import hashlib
import json
import math
from collections.abc import Iterator
from typing import Union

import orjson

__all__ = [
    "JSON",
    "MAX_DEPTH",
    "canonical_bytes",
    "checksum",
    "copy_json",
    "find_unsupported",
    "is_unicode",
    "json_equal",
]

JSON = Union[None, bool, int, float, str, list["JSON"], dict[str, "JSON"]]

MAX_DEPTH = 200
"""How deep a value may be nested; real payloads are far below."""

_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1
"""What fits into 64 bits, signed or unsigned. Many parsers turn more into a float."""

_ORJSON_DEPTH = 254
"""How deep orjson writes. A value that is wrapped in lists may be less deep."""

_REFUSE_OBJECTS = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)

# Writes what json.dumps(value, sort_keys=True) does. A value that contains itself is
# nested too deep anyway, so looking for it, which takes time, is left out.
_encode = json.JSONEncoder(sort_keys=True, check_circular=False).encode


def copy_json(value: JSON) -> JSON:
    """Return a copy that shares no list and no dict with the original.

    Subclasses of dict and list, such as the client's list items, become plain ones, and
    so do tuples.
    """
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [copy_json(item) for item in value]
    return value


def canonical_bytes(value: JSON) -> bytes:
    """Return bytes that are equal exactly where checksums would be.

    Unlike ``==``, they distinguish 1, 1.0 and true. Only for comparing: state files are
    written by :mod:`dataikuapi.iac.statefile.serialization`.
    """
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        data = b"null"
    if b"null" not in data:
        return data
    # orjson refuses what JSON cannot carry exactly (integers beyond 64 bits, lone
    # surrogates) and writes NaN as null; a comparison has to distinguish such values.
    return json.dumps(value, sort_keys=True).encode("utf-8")


def json_equal(one: JSON, other: JSON) -> bool:
    """Return whether the checksums of two values would be equal.

    Fast if the keys are in the same order, as in two states that were read alike.
    """
    try:
        data = orjson.dumps(one)
        if data == orjson.dumps(other) and (b"null" not in data or one == other):
            return True  # If there is a null, ``==`` makes sure that it is not NaN.
    except TypeError:
        pass  # E.g. an integer beyond 64 bits.
    return canonical_bytes(one) == canonical_bytes(other)


def checksum(value: JSON) -> str:
    """Return the SHA-256 of ``json.dumps(value, sort_keys=True)``, in hex.

    Raises:
        TypeError: if the value is not JSON.
        RecursionError: if it is nested far too deep.
    """
    return hashlib.sha256(_encode(value).encode("utf-8")).hexdigest()


def find_unsupported(value: object, path: str, depth: int = 1) -> str | None:
    """Find what JSON cannot carry exactly.

    Args:
        value: searched from the top.
        path: of the value, e.g. ``attributes``.
        depth: of the value; attributes are at depth 1.

    Returns:
        The path of the first such value and what is wrong with it; ``None`` if there is
        none. The value itself, which may be a secret, is not quoted.
    """
    if _is_plain(value, depth):
        return None
    return next(_unsupported(value, path, depth), None)


def _is_plain(value: object, depth: int) -> bool:
    """Return, in a fraction of the time, whether there is certainly nothing to find."""
    padded = value
    for _ in range(_ORJSON_DEPTH - MAX_DEPTH + depth - 1):
        padded = [padded]
    try:
        data = orjson.dumps(padded, option=_REFUSE_OBJECTS)
        if b"null" in data:  # Perhaps it was NaN.
            json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _unsupported(value: object, path: str, depth: int) -> Iterator[str]:
    kind = type(value)
    if value is None or kind is bool:
        return
    if kind in (dict, list) and depth > MAX_DEPTH:
        yield f"{path[:80]}…: nested deeper than {MAX_DEPTH}"
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{path}: a key that is not a string but {type(key).__name__}"
            elif not is_unicode(key):
                yield f"{path}: a key with a lone surrogate, which is not Unicode"
            else:
                yield from _unsupported(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unsupported(item, f"{path}[{index}]", depth + 1)
    else:
        reason = _reason(value)
        if reason:
            yield f"{path}: {reason}"


def _reason(value: object) -> str | None:
    if isinstance(value, str):
        return None if is_unicode(value) else "a lone surrogate, which is not Unicode"
    if isinstance(value, float):
        return None if math.isfinite(value) else "NaN or infinite, which is not JSON"
    if isinstance(value, int):
        fits = _MIN_INTEGER <= value <= _MAX_INTEGER
        return None if fits else "an integer beyond 64 bits"
    return f"{type(value).__name__} is not a JSON value"


def is_unicode(text: str) -> bool:
    """Return whether UTF-8 can carry a text; a lone surrogate it cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
