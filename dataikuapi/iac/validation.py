"""Is this document a state? If not, where is it wrong, and how?

Two validators read one schema: jsonschema-rs decides, since it is a hundred times
faster, and jsonschema explains. A document on which they disagree is refused.
"""

import json
from functools import lru_cache
from importlib import resources
from typing import Any

import jsonschema_rs
from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match

from dataikuapi.iac.exceptions import StateCorruptedError

__all__ = ["validate_state"]

_QUOTED = 200
"""How many characters of a document a message may quote."""


def validate_state(data: object) -> None:
    """Accept a document that the schema of the state file accepts.

    Args:
        data: a parsed document, e.g. what :meth:`State.to_dict` returns.

    Raises:
        StateCorruptedError: if the schema refuses it. The message has the path and the
            reason; of the values it says only what kind they are.
    """
    try:
        if _deciding().is_valid(data):
            return
    except (TypeError, ValueError) as refusal:  # E.g. a key that is no string.
        raise StateCorruptedError(f"not a state document: {refusal}") from refusal
    error = best_match(_explaining().iter_errors(data))
    if error is None:
        raise StateCorruptedError(
            "not a state document: two validators disagree on whether the schema of "
            "version 1 allows it"
        )
    raise StateCorruptedError(f"not a state document: {_path(error)}: {_reason(error)}")


def _schema() -> Any:
    folder = resources.files("dataikuapi.iac.schemas")
    text = folder.joinpath("state_v1.schema.json").read_text(encoding="utf-8")
    return json.loads(text)


@lru_cache(maxsize=None)
def _deciding() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(_schema())


@lru_cache(maxsize=None)
def _explaining() -> Draft7Validator:
    return Draft7Validator(_schema())


def _path(error: ValidationError) -> str:
    """Return a JSON path; keys are the user's, so it is cut to a readable length."""
    return error.json_path[:_QUOTED]


def _reason(error: ValidationError) -> str:
    """Say what is wrong without the value, which may be long, or a secret."""
    expected: Any = error.validator_value
    found: Any = error.instance
    if error.validator == "type":
        return f"expected {_kinds(expected)}, found {_kind(found)}"
    if error.validator == "required":
        return f"lacks {', '.join(name for name in expected if name not in found)}"
    if error.validator == "pattern" and "propertyNames" in error.absolute_schema_path:
        return f"{found[:_QUOTED]!r} is not a resource id"
    if error.validator == "const":
        newer = type(found) is int and found > expected
        return f"expected {expected}" + (
            f", found {found}: a newer dataiku-iac wrote it; upgrade" if newer else ""
        )
    return f"does not hold for {error.validator} {expected!r}"


def _kinds(expected: str | list[str]) -> str:
    return expected if isinstance(expected, str) else " or ".join(expected)


_KINDS = {
    bool: "a boolean",
    dict: "an object",
    float: "a number",
    int: "an integer",
    list: "an array",
    str: "a string",
    type(None): "null",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
