"""Shows values within the width of a terminal: whole, or an excerpt that matters."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from dataikuapi.iac.console import printable
from dataikuapi.iac.models.json_values import JSON, canonical_bytes

__all__ = [
    "WIDTH",
    "columns",
    "common_prefix",
    "excerpt",
    "from_difference",
    "json_text",
    "json_texts",
    "look_alike",
    "shortened",
    "telling_text",
    "words",
    "wrapped",
]

WIDTH = 80
"""Columns of a terminal."""

_TAB = 8

_LINES = 3
"""Lines that are shown of a long value."""

_RAGGED = 8
"""Columns that are left, on average, where a line is broken between words."""

_MORE = len("… (1,000,000 more characters)")

_VISIBLE = 2 / 3
"""A difference is visible on a line up to this part of its width."""

_CONTEXT = 25
"""Characters that are shown before one that is not."""

_NEIGHBORS = 10
"""How many items, on either side, show what is common in a list."""

# Between Chinese, Japanese and Korean characters a line may break anywhere.
_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
_WORD = re.compile(rf"\s*(?:[{_WIDE}]|[^\s{_WIDE}]+)|\s+")

_UNSET = frozenset(map(canonical_bytes, (None, False, 0, -1, "", [], {})))
"""What members have as values where nobody has set them."""


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text) + text.count("\t") * (_TAB - 1)
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if char == "\t":
        return _TAB
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def words(text: str) -> list[str]:
    """Split a text where a line may break; each part has the blanks before it."""
    return _WORD.findall(text)


def wrapped(parts: Iterable[str], width: int, indent: str = "") -> Iterator[str]:
    """Join words to lines; one that is wider than a line has a line of its own.

    Args:
        parts: as from :func:`words`.
        width: of the lines, in columns.
        indent: before all lines but the first.
    """
    line = ""
    for part in parts:
        if line.strip() and columns(line) + columns(part) > width:
            yield line
            line = indent + part.removeprefix(" ")
        else:
            line += part
    yield line


def shortened(text: str, width: int) -> list[str]:
    """Return the words of a text that fit on a few lines, and how much is left.

    Args:
        text: on one line.
        width: of the lines, in columns.
    """
    parts = words(text)
    widths = list(map(columns, parts))
    room = _LINES * (width - _RAGGED)
    if sum(widths) <= room and max(widths) <= width:
        return parts
    room -= _MORE
    kept: list[str] = []
    for part, size in zip(parts, widths, strict=True):
        if size > min(room, width):
            # A text without blanks, such as a key, is cut inside.
            kept += [part[: min(room, width)]] if size > width else []
            break
        kept.append(part)
        room -= size
    rest = len(text) - sum(map(len, kept))
    blank = "" if size > width else " "
    return [*kept, f"{blank}… ({rest:,} more characters)"]


def common_prefix(one: str, other: str) -> int:
    """Return the number of characters that two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def from_difference(text: str, width: int, same: int) -> str:
    """Return a text from about where it differs from another, less a line's width on.

    The same cut is made in the other text.

    Args:
        text: on one line.
        width: of the line, in columns.
        same: number of characters that both begin with.
    """
    if columns(text[:same]) <= width * _VISIBLE:
        return text
    start = max(same - _CONTEXT, 0)
    start = text.find(" ", start, same) + 1 or start
    return f"…{text[start:]}"


def excerpt(text: str, width: int, same: int = 0) -> str:
    """Return what of a text fits on one line, and shows where it differs from another.

    Args:
        text: on one line.
        width: of the line, in columns.
        same: number of characters that both begin with.
    """
    text = from_difference(text, width, same)
    if columns(text) <= width:
        return text
    end, room = 0, width - 2
    while room >= _columns(text[end]):
        room -= _columns(text[end])
        end += 1
    # Between words, if that is not far from the end.
    blank = text.rfind(" ", end * 3 // 4, end)
    return f"{text[: end if blank < 0 else blank + 1]}…"


def json_text(value: JSON) -> str:
    """Return a value as JSON, on one line."""
    return printable(json.dumps(value, ensure_ascii=False))


def json_texts(old: JSON, new: JSON) -> tuple[str, str]:
    """Return two different values as JSON that does not look the same."""
    texts = json_text(old), json_text(new)
    return (json.dumps(old), json.dumps(new)) if look_alike(*texts) else texts


def look_alike(one: str, other: str) -> bool:
    """Return whether two texts look the same, and are escaped to be told apart.

    A letter with an accent, for instance, is one character or two.
    """
    return unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)


def telling_text(value: JSON, siblings: Sequence[JSON], position: object) -> str:
    """Return JSON of what distinguishes a value, with ``…`` for omitted members.

    Those are omitted that are the same in all items nearby, or that nobody has set.

    Args:
        value: to show.
        siblings: the list that it is in.
        position: of it in that list.
    """
    nearby: list[JSON] = []
    if isinstance(position, int):
        before = siblings[max(position - _NEIGHBORS, 0) : position]
        nearby = [*before, *siblings[position + 1 : position + 1 + _NEIGHBORS]]
    return _telling(value, nearby)


def _telling(value: JSON, others: list[JSON]) -> str:
    if not isinstance(value, dict):
        return json_text(value)
    peers = {name: _members(others, name) for name in value}
    shown = [
        name for name in value if name == "type" or _tells(value[name], peers[name])
    ]
    if not shown:
        return json_text(value)
    # What was set comes first; a false among neighbors that are true comes last.
    shown.sort(key=lambda name: _is_unset(value[name]))
    texts = [
        f"{json_text(name)}: {_telling(value[name], peers[name])}" for name in shown
    ]
    return f"{{{', '.join([*texts, *(['…'] if len(shown) < len(value) else [])])}}}"


def _members(objects: list[JSON], name: str) -> list[JSON]:
    return [item[name] for item in objects if isinstance(item, dict) and name in item]


def _tells(value: JSON, peers: list[JSON]) -> bool:
    """Return whether a value distinguishes the object that it is in."""
    if _is_unset(value):
        return 2 * sum(map(_is_unset, peers)) < len(peers)
    encoded = canonical_bytes(value)
    return (
        value is True
        or not peers
        or any(canonical_bytes(peer) != encoded for peer in peers)
    )


def _is_unset(value: JSON) -> bool:
    if isinstance(value, dict):
        return all(map(_is_unset, value.values()))
    return canonical_bytes(value) in _UNSET
