"""Parses JSON as users type it into DSS, which stores the text as it is.

DSS accepts unquoted words, single quotes and comments. YAML has these, too, so its
parser does the work; what a plain word means is decided as in JSON.
"""

import json
import re
from typing import Any

__all__ = ["loads"]

_LITERAL = re.compile(r"true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def loads(text: str) -> Any:
    """Parse a text; JSON is parsed as JSON.

    Raises:
        ValueError: if it is neither JSON nor what DSS would accept, or if DSS might
            read it differently.
    """
    try:
        return json.loads(text)
    except ValueError:
        return _parse(text)


def _parse(text: str) -> Any:
    import yaml  # Rarely needed, and takes time to import.

    try:
        return _value(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _value(node: Any) -> Any:
    if node is not None and node.id == "scalar":
        is_plain = node.style is None
        if is_plain and _LITERAL.fullmatch(node.value):
            return json.loads(node.value)
        return _text(node)
    if node is None or not node.flow_style:
        raise ValueError("expected an object")
    if node.id == "mapping":
        return {_text(key): _value(value) for key, value in node.value}
    return [_value(item) for item in node.value]


def _text(node: Any) -> str:
    """Return the text of a scalar; a comment that YAML takes for text is refused."""
    if node.id != "scalar" or node.style not in (None, "'", '"'):
        raise ValueError("expected a name")
    if node.style is None and ("//" in node.value or "/*" in node.value):
        raise ValueError(f"line {node.start_mark.line + 1}: a comment after a word")
    return str(node.value)
