"""JSON as a user may type it into DSS: unquoted words, comments, single quotes.

DSS stores such a text unchanged and reads it with Gson in lenient mode, so that the API
serves strict JSON. The grammar is that of Gson's ``JsonReader``.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["loads"]

_BLANK = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|#[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_QUOTED = re.compile(r"""(["'])((?:\\.|(?!\1)[^\\])*)\1""", re.DOTALL)
_WORD = re.compile(r"[^/\\;#={}\[\]:, \t\f\r\n]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_TO_ESCAPE = re.compile(r'\\.|"', re.DOTALL)
_ESCAPED = {'"': r"\"", r"\'": "'", "\\\n": "\n"}
_CONSTANTS = {"true": True, "false": False, "null": None}


def loads(text: str) -> Any:
    """Parse a text as DSS does.

    A word without quotes is a string, unless it is a number, a boolean or null. Names
    may be words too; ``=`` and ``=>`` stand for a colon, ``;`` for a comma; an item
    missing between two commas of an array is null.

    Raises:
        ValueError: if DSS could not read it either; says in which line.
        RecursionError: if it is nested too deep.
    """
    parser = _Parser(text)
    value = parser.value()
    if parser.peek():
        raise parser.error("the end")
    return value


class _Parser:
    """Parses a text from its start; each method reads one thing and what is blank."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._position = 0
        self._skip(_BLANK)

    def peek(self) -> str:
        """Return the next character; none at the end."""
        return self._text[self._position : self._position + 1]

    def error(self, expected: str) -> ValueError:
        """Return an error at the current position."""
        line = self._text.count("\n", 0, self._position) + 1
        return ValueError(f"line {line}: expected {expected}")

    def value(self) -> Any:
        """Read any value."""
        if self._accept("{"):
            return self._object()
        if self._accept("["):
            return self._array()
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        word = self._skip(_WORD)
        if word is None:
            raise self.error("a value")
        if _NUMBER.fullmatch(word[0]):
            return json.loads(word[0])
        return _CONSTANTS.get(word[0].lower(), word[0])

    def _object(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        if self._accept("}"):
            return members
        while True:
            name = self._name()
            if self._accept("="):
                self._accept(">")
            elif not self._accept(":"):
                raise self.error("a colon")
            members[name] = self.value()
            if self._accept("}"):
                return members
            if not self._accept(",", ";"):
                raise self.error("a comma or }")

    def _array(self) -> list[Any]:
        items: list[Any] = []
        if self._accept("]"):
            return items
        while True:
            items.append(None if self.peek() in tuple(",;]") else self.value())
            if self._accept("]"):
                return items
            if not self._accept(",", ";"):
                raise self.error("a comma or ]")

    def _name(self) -> str:
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        word = self._skip(_WORD)
        if word is None:
            raise self.error("a name")
        return word[0]

    def _quoted(self) -> str | None:
        if self.peek() not in ("'", '"'):
            return None
        quoted = self._skip(_QUOTED)
        if quoted is None:
            raise self.error("a closing quote")
        body = _TO_ESCAPE.sub(lambda part: _ESCAPED.get(part[0], part[0]), quoted[2])
        text: str = json.loads(f'"{body}"', strict=False)
        return text

    def _accept(self, *characters: str) -> bool:
        """Read one of these characters if it is the next."""
        if self.peek() not in characters:
            return False
        self._position += 1
        self._skip(_BLANK)
        return True

    def _skip(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches, and what is blank after it."""
        match = pattern.match(self._text, self._position)
        if match is None:
            return None
        self._position = match.end()
        if pattern is not _BLANK:
            self._skip(_BLANK)
        return match
