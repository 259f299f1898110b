"""JSON values: copying, comparing, hashing, and finding what JSON cannot hold."""

import hashlib
import json
import math
from collections.abc import Iterator

import orjson

__all__ = [
    "JSON",
    "MAX_DEPTH",
    "canonical_bytes",
    "checksum",
    "copy_json",
    "equal_bytes",
    "find_unsupported",
    "is_valid_unicode",
    "json_equal",
]

JSON = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None

MAX_DEPTH = 200
"""Maximum nesting depth; real payloads stay far below it."""

_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1
"""What fits in 64 bits, signed or unsigned. JSON readers turn more into a float."""

_ORJSON_MAX_DEPTH = 255
"""The deepest that any orjson writes; padding with lists lowers it to ours.

Before 3.12 that is an empty list; everything else may be one level less deep.
"""

_REFUSE_OBJECTS = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)

# Like json.dumps(value, sort_keys=True). Checking for circular references takes time,
# and is not needed: such a value exceeds the recursion limit.
_encode = json.JSONEncoder(sort_keys=True, check_circular=False).encode


def copy_json(value: JSON) -> JSON:
    """Return a copy that shares no list or dict with the original.

    Subclasses of dict and list, such as the client's list items, become plain dicts and
    lists; tuples become lists.
    """
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [copy_json(item) for item in value]
    return value


def canonical_bytes(value: JSON) -> bytes:
    """Return bytes that are equal exactly when the checksums are.

    Unlike ``==``, this distinguishes 1, 1.0 and true. Only for comparing: state files
    are written by :mod:`dataikuapi.iac.statefile.serialization`.
    """
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        data = b"null"
    if b"null" not in data:
        return data
    # orjson refuses what JSON cannot represent exactly (integers beyond 64 bits, lone
    # surrogates) and writes NaN as null; a comparison must distinguish such values.
    return json.dumps(value, sort_keys=True).encode("utf-8")


def json_equal(one: JSON, other: JSON) -> bool:
    """Return whether the checksums of two values are equal.

    Fast if the keys are in the same order, as they usually are in two states.
    """
    return equal_bytes(one, other) is not None


def equal_bytes(one: JSON, other: JSON) -> bytes | None:
    """Return the JSON of both values if their checksums are equal, else ``None``."""
    try:
        data = orjson.dumps(one)
        if data == orjson.dumps(other) and (b"null" not in data or one == other):
            return data  # If there is a null, ``==`` rules out that it was NaN.
    except TypeError:
        pass  # E.g. an integer beyond 64 bits.
    data = canonical_bytes(one)
    return data if data == canonical_bytes(other) else None


def checksum(value: JSON) -> str:
    """Return the SHA-256 of ``json.dumps(value, sort_keys=True)``, in hex.

    Raises:
        TypeError: if the value is not JSON.
        RecursionError: if it is nested far too deep.
    """
    return hashlib.sha256(_encode(value).encode("utf-8")).hexdigest()


def find_unsupported(value: object, path: str, depth: int = 1) -> str | None:
    """Find the first value that JSON cannot represent exactly.

    Args:
        value: searched from the top.
        path: the path of ``value`` in the result, e.g. ``attributes``.
        depth: the nesting level of ``value``; attributes are at level 1.

    Returns:
        The path of the unsupported value and what is wrong with it; ``None`` if there
        is none. The value itself may be a secret and is not quoted.
    """
    if _is_plain(value, depth):
        return None
    return next(_unsupported(value, path, depth), None)


def _is_plain(value: object, depth: int) -> bool:
    """Fast check; false means that a search is needed, not that there is a problem."""
    padded = value
    for _ in range(_ORJSON_MAX_DEPTH - MAX_DEPTH + depth - 1):
        padded = [padded]
    try:
        data = orjson.dumps(padded, option=_REFUSE_OBJECTS)
        if b"null" in data:  # It may have been NaN.
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
            elif not is_valid_unicode(key):
                yield f"{path}: a key with a lone surrogate, which is not Unicode"
            else:
                yield from _unsupported(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unsupported(item, f"{path}[{index}]", depth + 1)
    else:
        reason = _problem(value)
        if reason:
            yield f"{path}: {reason}"


def _problem(value: object) -> str | None:
    if isinstance(value, str):
        return (
            None
            if is_valid_unicode(value)
            else "a lone surrogate, which is not Unicode"
        )
    if isinstance(value, float):
        return None if math.isfinite(value) else "NaN or infinite, which is not JSON"
    if isinstance(value, int):
        fits = _MIN_INTEGER <= value <= _MAX_INTEGER
        return None if fits else "an integer beyond 64 bits"
    return f"{type(value).__name__} is not a JSON value"


def is_valid_unicode(text: str) -> bool:
    """Return whether a text can be encoded as UTF-8: it has no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
