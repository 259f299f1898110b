"""Validation of documents against JSON Schemas: of the state file, and others.

Two validators use the same schema: jsonschema-rs decides, because it is a hundred times
faster, and jsonschema explains. A document on which they disagree is refused.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match

from dataikuapi.iac.exceptions import StateCorruptedError

__all__ = [
    "find_violation",
    "get_state_schema",
    "validate_state",
    "validate_state_safe",
]

_STATE_SCHEMA = "state_v1.schema.json"

_MAX_QUOTED = 200
"""Maximum number of characters that a message quotes from a document."""


def validate_state(data: object) -> None:
    """Check that a document is valid against the schema of the state file.

    Args:
        data: a parsed document, e.g. what :meth:`State.to_dict` returns.

    Raises:
        StateCorruptedError: if it is not valid. The message gives the path and the
            reason, and names only the types of values.
    """
    violation = find_violation(data, _STATE_SCHEMA)
    if violation is not None:
        raise StateCorruptedError(violation)


def find_violation(data: object, schema: str) -> str | None:
    """Return where a document is not valid, and why; ``None`` if it is valid.

    Args:
        data: a parsed document.
        schema: the name of the file with the schema.
    """
    try:
        if _fast_validator(schema).is_valid(data):
            return None
    except (TypeError, ValueError) as error:  # E.g. a key that is not a string.
        return str(error)
    invalid = best_match(_explaining_validator(schema).iter_errors(data))
    if invalid is None:
        return (
            "$: two validators disagree on whether it conforms to the schema of "
            "version 1"
        )
    return f"{_path(invalid)}: {_reason(invalid)}"


def validate_state_safe(data: object) -> tuple[bool, str | None]:
    """Like :func:`validate_state`, but return the reason instead of raising it.

    Args:
        data: a parsed document.

    Returns:
        Whether it is valid, and if not, the message of the error.
    """
    try:
        validate_state(data)
    except StateCorruptedError as error:
        return False, str(error)
    return True, None


def get_state_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of the state file; the caller owns it."""
    return _read_schema(_STATE_SCHEMA)


def _read_schema(name: str) -> dict[str, Any]:
    folder = resources.files("dataikuapi.iac.schemas")
    text = folder.joinpath(name).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _fast_validator(schema: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(_read_schema(schema))


@cache
def _explaining_validator(schema: str) -> Draft7Validator:
    return Draft7Validator(_read_schema(schema))


def _path(error: ValidationError) -> str:
    """Return the JSON path, truncated, since its keys are the user's."""
    return error.json_path[:_MAX_QUOTED]


def _reason(error: ValidationError) -> str:
    """Return what is wrong, without the value, which may be long or a secret."""
    expected: Any = error.validator_value
    found: Any = error.instance
    if error.validator == "type":
        return f"expected {_type_names(expected)}, found {_type_name(found)}"
    if error.validator == "required":
        return f"lacks {', '.join(name for name in expected if name not in found)}"
    if error.validator == "pattern" and "propertyNames" in error.absolute_schema_path:
        return f"{found[:_MAX_QUOTED]!r} is not a valid resource id"
    if error.validator == "const":
        newer = type(found) is int and found > expected
        return f"expected {expected}" + (
            f", found {found}: a newer dataiku-iac wrote it; upgrade" if newer else ""
        )
    return f"does not satisfy {error.validator} {expected!r}"


def _type_names(expected: str | list[str]) -> str:
    return expected if isinstance(expected, str) else " or ".join(expected)


_TYPE_NAMES = {
    bool: "a boolean",
    dict: "an object",
    float: "a number",
    int: "an integer",
    list: "an array",
    str: "a string",
    type(None): "null",
}


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)
