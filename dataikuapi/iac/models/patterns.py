"""Which ids, and which ways into a configuration, does a pattern match?"""

import json
import re
from collections.abc import Iterator

from dataikuapi.iac.models.changes import Steps

__all__ = ["id_pattern", "literal", "path_labels", "path_pattern"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_STEP = re.compile(rf'\.?([^.\[\]"]+)|\[(?:({_STRING})|([^\[\]"]*))\]', re.DOTALL)
_ESCAPE = re.compile(r"~(.?)", re.DOTALL)
_ESCAPED = {"0": "~", "1": "/", "2": "*"}


def id_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of resource ids; ``*`` is any run of characters.

    Raises:
        ValueError: if it has an escape that is none.
    """
    return re.compile(
        ".*".join(re.escape(_unescaped(part)) for part in text.split("*")), re.DOTALL
    )


def path_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of ways, given as a pointer or as reports show it.

    It is to be matched with :func:`path_labels`, and matches what is beneath too.

    Raises:
        ValueError: if it is no path, or has an escape that is none.
    """
    steps = text[1:].split("/") if text.startswith("/") else _steps(text)
    pattern = "".join(
        "(?:/[^/]*)*" if step == "**" else f"/{_step_pattern(step)}" for step in steps
    )
    return re.compile(f"{pattern}(?:/.*)?", re.DOTALL)


def path_labels(steps: Steps) -> str:
    """Return the pointer to a value, with keys in place of positions."""
    return "".join(
        f"/{_label(str(step.name) if step.key is None else step.key)}" for step in steps
    )


def literal(text: str) -> str:
    """Return the pattern of a text with nothing special in it, save ``/``."""
    return text.replace("~", "~0").replace("*", "~2")


def _step_pattern(step: str) -> str:
    return "[^/]*".join(re.escape(_label(_unescaped(part))) for part in step.split("*"))


def _label(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    if escape[1] not in _ESCAPED:
        raise ValueError(
            f"{escape[0]!r} in the pattern {escape.string[:200]!r}: write ~0 for the "
            "character ~, ~1 for / and ~2 for *"
        )
    return _ESCAPED[escape[1]]


def _steps(path: str) -> Iterator[str]:
    """Split a path as reports show it into the patterns of its steps."""
    end = 0
    for step in _STEP.finditer(path):
        if step.start() != end:
            break
        end = step.end()
        name, text, item = step.groups()
        if text is not None:
            yield literal(_text(text))
        else:
            yield name or item
    if end != len(path) or not path:
        raise ValueError(
            f"{path[:200]!r} is no path: write it as reports show it, e.g. "
            "schema.columns[customer_id].type, or as /schema/columns/customer_id/type"
        )


def _text(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise ValueError(f"{quoted[:200]} is no JSON string") from None
