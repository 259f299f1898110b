"""What is a JSON value, how is it copied, and when are two of them the same?"""

import json
from typing import Union

import orjson

__all__ = ["JSON", "canonical_bytes", "copy_json"]

JSON = Union[None, bool, int, float, str, list["JSON"], dict[str, "JSON"]]


def copy_json(value: JSON) -> JSON:
    """Return a copy that shares no list and no dict with the original.

    Subclasses of dict and list, such as the client's list items, become plain ones.
    """
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_json(item) for item in value]
    return value


def canonical_bytes(value: JSON) -> bytes:
    """Return bytes that are equal exactly where checksums would be.

    Unlike ``==``, this tells 1, 1.0 and true apart. Only for comparing: what is stored
    is written by :mod:`dataikuapi.iac.serialization`.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # orjson refuses what JSON cannot carry exactly (integers beyond 64 bits, lone
        # surrogates); a comparison still has to tell such values apart.
        return json.dumps(value, sort_keys=True).encode("utf-8")
