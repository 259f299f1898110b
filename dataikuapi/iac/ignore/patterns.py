"""Which ids, and which ways into a configuration, does a pattern match?"""

import json
import re
from collections.abc import Iterator
from itertools import count

from dataikuapi.iac.models.changes import PathSegments, pointer_token

__all__ = ["escape", "exact_id", "id_pattern", "label_pointer", "path_pattern"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_STEP = re.compile(rf'\.?([^.\[\]"]+)|\[(?:({_STRING})|([^\[\]"]+))\]', re.DOTALL)
_ESCAPE = re.compile(r"~(.?)", re.DOTALL)
_ESCAPED = {"0": "~", "1": "/", "2": "*"}

_CHARACTER = "(?:[^/~]|~.)"
"""One character of a name, as :func:`label_pointer` writes it."""

_END_OF_STEP = "(?![^/])"


def id_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of resource ids; ``*`` is any run of characters.

    Raises:
        ValueError: if it has an escape that is none.
    """
    parts = [re.escape(_unescaped(part)) for part in text.split("*")]
    return re.compile(_joined(parts, ".", count()), re.DOTALL)


def exact_id(text: str) -> str | None:
    """Return the one id that a pattern matches; ``None`` if there may be several.

    Raises:
        ValueError: if it has an escape that is none.
    """
    return None if "*" in text else _unescaped(text)


def path_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of ways, given as a pointer or as reports show it.

    It is to be matched with :func:`label_pointer`, and matches what is beneath too.

    Raises:
        ValueError: if it is no path, or has an escape that is none.
    """
    segments = text[1:].split("/") if text.startswith("/") else _steps(text)
    numbers = count()
    runs = [""]
    for segment in segments:
        if segment == "**":
            runs.append("")
        else:
            runs[-1] += f"/{_step_pattern(segment, numbers)}{_END_OF_STEP}"
    first, *others = runs
    found = "".join(_first("(?:/[^/]*)*?", run, numbers) for run in others if run)
    return re.compile(f"{first}{found}(?:/.*)?", re.DOTALL)


def label_pointer(segments: PathSegments) -> str:
    """Return the pointer to a value, with keys in place of positions."""
    return "".join(
        f"/{pointer_token(str(segment.name) if segment.key is None else segment.key)}"
        for segment in segments
    )


def escape(text: str) -> str:
    """Return the pattern of a text with nothing special in it, save ``/``."""
    return text.replace("~", "~0").replace("*", "~2")


def _step_pattern(segment: str, numbers: Iterator[int]) -> str:
    parts = [re.escape(pointer_token(_unescaped(part))) for part in segment.split("*")]
    return _joined(parts, _CHARACTER, numbers)


def _joined(parts: list[str], character: str, numbers: Iterator[int]) -> str:
    """Return what matches the parts with any run of characters between them."""
    first, *others = parts
    if not others:
        return first
    *inner, last = others
    found = (_first(f"{character}*?", part, numbers) for part in inner if part)
    return f"{first}{''.join(found)}{character}*{last}"


def _first(skipped: str, part: str, numbers: Iterator[int]) -> str:
    """Return what matches up to where a part stands first, and nothing else.

    If what comes after it does not match from there on, it matches from no later place
    either. Without this, many ``*`` would take a time that is exponential: a group
    inside of a lookahead is not tried again.
    """
    name = f"g{next(numbers)}"
    return f"(?=(?P<{name}>{skipped}{part}))(?P={name})"


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
    while end < len(path) or not path:
        segment = _STEP.match(path, end)
        if segment is None:
            raise ValueError(
                f"{path[:200]!r} is no path: write it as reports show it, e.g. "
                "schema.columns[customer_id].type, or as "
                "/schema/columns/customer_id/type"
            )
        end = segment.end()
        name, text, item = segment.groups()
        yield (name or item) if text is None else escape(_text(text))


def _text(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise ValueError(f"{quoted[:200]} is no JSON string") from None
