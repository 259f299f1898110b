"""Makes the table of the keys of dataiku-iac.yaml from its JSON Schema."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[1] / "dataikuapi" / "iac" / "schemas"


def page() -> str:
    """Return the table."""
    text = (SCHEMAS / "config_v1.schema.json").read_text("utf-8")
    schema = json.loads(text)
    rows = "\n".join(_rows(schema, "", schema["definitions"]))
    return f"| key | what it says |\n|---|---|\n{rows}\n"


def _rows(
    node: Mapping[str, Any], path: str, shared: Mapping[str, Any]
) -> Iterator[str]:
    """Yield a row for each key that is described, and those below it."""
    for name, member in node.get("properties", {}).items():
        yield from _described(member, f"{path}{name}", shared)


def _described(
    node: Mapping[str, Any], path: str, shared: Mapping[str, Any]
) -> Iterator[str]:
    if "description" in node:
        text = " ".join(node["description"].split()).replace("|", "\\|")
        yield f"| `{path}` | {text}{_examples(node)} |"
    node = _resolved(node, shared)
    yield from _rows(node, f"{path}.", shared)
    if isinstance(node.get("additionalProperties"), dict):
        below = _resolved(node["additionalProperties"], shared)
        yield from _rows(below, f"{path}.NAME.", shared)
    if isinstance(node.get("items"), dict):
        yield from _rows(_resolved(node["items"], shared), f"{path}[].", shared)


def _resolved(node: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    name = node.get("$ref", "").removeprefix("#/definitions/")
    found: Mapping[str, Any] = shared[name] if name else node
    return found


def _examples(node: Mapping[str, Any]) -> str:
    shown = [f"`{json.dumps(example)}`" for example in node.get("examples", ())]
    return f" Example: {', '.join(shown)}." if shown else ""
