"""Patterns of resource ids and of paths inside a configuration."""

import json
import re
from collections.abc import Iterator
from itertools import count

from dataikuapi.iac.models.changes import PathSegments, pointer_token

__all__ = ["escape", "exact_id", "id_pattern", "keyed_pointer", "path_pattern"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_SEGMENT = re.compile(rf'\.?([^.\[\]"]+)|\[(?:({_STRING})|([^\[\]"]+))\]', re.DOTALL)
_ESCAPE = re.compile(r"~(.?)", re.DOTALL)
_ESCAPES = {"0": "~", "1": "/", "2": "*"}

_NAME_CHARACTER = "(?:[^/~]|~.)"
"""A regular expression for one character of a name in a label pointer."""

_END_OF_SEGMENT = "(?![^/])"


def id_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of resource ids; ``*`` matches any run of characters.

    Raises:
        ValueError: if it has an invalid escape.
    """
    parts = [re.escape(_unescape(part)) for part in text.split("*")]
    return re.compile(_join_parts(parts, ".", count()), re.DOTALL)


def exact_id(text: str) -> str | None:
    """Return the one id that a pattern matches; ``None`` if it may match several.

    Raises:
        ValueError: if it has an invalid escape.
    """
    return None if "*" in text else _unescape(text)


def path_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of paths, written as a pointer or as reports show paths.

    Match it against :func:`keyed_pointer`. It also matches everything below.

    Raises:
        ValueError: if it is not a valid path, or has an invalid escape.
    """
    segments = text[1:].split("/") if text.startswith("/") else _split_path(text)
    numbers = count()
    runs = [""]
    for segment in segments:
        if segment == "**":
            runs.append("")
        else:
            runs[-1] += f"/{_segment_pattern(segment, numbers)}{_END_OF_SEGMENT}"
    first, *others = runs
    found = "".join(
        _atomic_search("(?:/[^/]*)*?", run, numbers) for run in others if run
    )
    return re.compile(f"{first}{found}(?:/.*)?", re.DOTALL)


def keyed_pointer(segments: PathSegments) -> str:
    """Return the pointer to a value, with list items by key where they have one."""
    return "".join(
        f"/{pointer_token(str(segment.name) if segment.key is None else segment.key)}"
        for segment in segments
    )


def escape(text: str) -> str:
    """Escape a text, all but ``/``, so that as a pattern it matches itself."""
    return text.replace("~", "~0").replace("*", "~2")


def _segment_pattern(segment: str, numbers: Iterator[int]) -> str:
    parts = [re.escape(pointer_token(_unescape(part))) for part in segment.split("*")]
    return _join_parts(parts, _NAME_CHARACTER, numbers)


def _join_parts(parts: list[str], character: str, numbers: Iterator[int]) -> str:
    """Return a regex for the parts, with any run of characters between them."""
    first, *others = parts
    if not others:
        return first
    *inner, last = others
    found = (_atomic_search(f"{character}*?", part, numbers) for part in inner if part)
    return f"{first}{''.join(found)}{character}*{last}"


def _atomic_search(skipped: str, part: str, numbers: Iterator[int]) -> str:
    """Return a regex that matches up to the first occurrence of a part, atomically.

    If the rest of the pattern does not match after the first occurrence, it does not
    match after a later one either. A group inside a lookahead is never backtracked
    into; otherwise many ``*`` would take exponential time.
    """
    name = f"g{next(numbers)}"
    return f"(?=(?P<{name}>{skipped}{part}))(?P={name})"


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_replacement, text)


def _replacement(escape: re.Match[str]) -> str:
    if escape[1] not in _ESCAPES:
        raise ValueError(
            f"invalid escape {escape[0]!r} in the pattern {escape.string[:200]!r}: "
            "write ~0 for the character ~, ~1 for / and ~2 for *"
        )
    return _ESCAPES[escape[1]]


def _split_path(path: str) -> Iterator[str]:
    """Split a path, written as reports show it, into the patterns of its segments."""
    end = 0
    while end < len(path) or not path:
        segment = _SEGMENT.match(path, end)
        if segment is None:
            raise ValueError(
                f"{path[:200]!r} is not a valid path: write it as reports do, e.g. "
                "schema.columns[customer_id].type, or as "
                "/schema/columns/customer_id/type"
            )
        end = segment.end()
        name, text, item = segment.groups()
        yield (name or item) if text is None else escape(_parse_string(text))


def _parse_string(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise ValueError(f"not a JSON string: {quoted[:200]}") from None
