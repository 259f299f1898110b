"""Checks a configuration file against its JSON Schema, and words what is wrong."""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import relevance

from dataikuapi.iac.models.suggestions import closest
from dataikuapi.iac.types.naming import reason_unknown
from dataikuapi.iac.types.registry import TYPES

__all__ = ["find_problem"]

_NO_KEYS = "API keys are not stored in this file: remove it, and set DATAIKU_API_KEY"
_SECRET = re.compile(r"api_?key|^key$|password|secret|token", re.IGNORECASE)
_REASONS = {
    "host": "expected a URL such as https://dss.example.com:11200, without user, "
    "password and query",
    "state": "expected a path or URL",
    "workers": "expected a whole number from 1 to 100",
    "project_keys": "expected a list of project keys, or a map from a name to a key; "
    "put a key that YAML does not take for a text in quotes",
    "no_check_certificate": "expected true or false",
    "projects": "expected a map from a project key to {source: FOLDER}; put a key that "
    "YAML does not take for a text in quotes",
    "source": "expected the path of a folder",
    "connections": "expected a map from the name of a connection in the code to its "
    "name in this environment",
    "code_envs": "expected a map from the name of a code environment in the code to "
    "its name in this environment",
    "variables": "expected a map from the names of project variables to values",
    "pointer": "expected a JSON Pointer such as /params/schema",
    "id": "expected an id or a pattern of ids, such as dataset.SHOP.*",
    "patch": "expected a list of patches, such as "
    "[{id: dataset.SHOP.orders, pointer: /params/schema, value: PROD}]",
    "protect": "expected a list of ids or patterns of ids, such as "
    "[dataset.SHOP.raw_*]",
    "types": "expected a list of different resource types, such as [project, dataset]",
}
"""What is said about a wrong value, by key; the value itself may be a secret."""


def find_problem(data: object) -> tuple[list[str | int], str] | None:
    """Return the path of what is wrong, and why; ``None`` for a valid document."""
    errors = sorted(_validator().iter_errors(data), key=relevance, reverse=True)
    if not errors:
        return _unknown_type(data)
    path = list(errors[0].absolute_path)
    if errors[0].validator == "additionalProperties":
        return _unknown_key(errors[0], path)
    return path, _reason(errors[0], path)


@cache
def _validator() -> Draft7Validator:
    folder = resources.files("dataikuapi.iac.schemas")
    text = folder.joinpath("config_v1.schema.json").read_text(encoding="utf-8")
    return Draft7Validator(json.loads(text))


def _unknown_type(data: Any) -> tuple[list[str | int], str] | None:
    """Return the first type that the library does not know.

    The schema does not list them, so that a new type does not change it.
    """
    for path in (["types"], ["manage", "types"]):
        named: Any = data
        for key in path:
            named = named.get(key, {})
        for position, name in enumerate(named):
            if name not in TYPES:
                return [*path, position], reason_unknown(name)
    return None


def _unknown_key(
    error: ValidationError, path: list[str | int]
) -> tuple[list[str | int], str]:
    schema: Any = error.schema
    found: Any = error.instance
    key = next(name for name in found if name not in schema["properties"])
    return [*path, key], _unknown_reason(key, schema["properties"])


def _unknown_reason(key: str, known: Iterable[str]) -> str:
    if _SECRET.search(key):
        return _NO_KEYS
    meant = closest(key, known)
    if meant:
        return f"unknown key; did you mean {meant}?"
    return f"unknown key; use one of: {', '.join(known)}"


def _reason(error: ValidationError, path: list[str | int]) -> str:
    if error.validator == "not":
        return _exclusive(path)
    if error.validator == "dependencies":
        return "client_key requires client_certificate"
    if "propertyNames" in error.absolute_schema_path and path == ["environments"]:
        return (
            f"invalid name {str(error.instance)[:80]!r}: use 1 to 64 letters, digits, "
            "'_', '-' and '.', beginning with a letter, a digit or '_'"
        )
    for name in reversed(path):
        if name in _REASONS:
            return _REASONS[str(name)]
    if error.validator == "minProperties":
        return "expected at least one environment, such as dev: {host: https://…}"
    if error.validator_value == "object":
        return "expected a map of keys and values"
    return "expected a text that is not blank"


def _exclusive(path: list[str | int]) -> str:
    if path[-1] == "tls":
        return "no_check_certificate makes ca_file useless; remove one of them"
    return "has both host and instance; remove one of them"
