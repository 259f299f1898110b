"""Parses JSON as users type it into DSS, which stores the text as it is.

DSS reads it with Gson in lenient mode: unquoted words, single quotes, comments, ``=``
for a colon and ``;`` for a comma. Each of these is replaced by what strict JSON has for
it, and :mod:`json` parses the result.
"""

import json
import re
from typing import Any

__all__ = ["loads"]

_TOKEN = re.compile(
    r"""
    (?P<comment> (?://|\#)[^\r\n]* | /\*.*?\*/ )
    | (?P<quoted> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | (?P<word> (?!["']) [^/\\;\#={}\[\]:,\ \t\f\r\n]+ )
    | (?P<sign> =>? | [{}\[\]:,;] )
    | (?P<blank> [\ \t\r\n]+ )
    """,
    re.DOTALL | re.VERBOSE,
)
_STRICT_SIGNS = {"=": ":", "=>": ":", ";": ","}
_LITERAL = re.compile(
    r"(?i:true|false|null)|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"
)
_TO_ESCAPE = re.compile(r'\\.|"', re.DOTALL)
_ESCAPED = {'"': r"\"", r"\'": "'", "\\\n": "\n"}


def loads(text: str) -> Any:
    """Parse a text; JSON is parsed as JSON.

    Raises:
        ValueError: if it is neither JSON nor what DSS would accept. The message has a
            line and nothing of the text, which may be a secret.
    """
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_strict(text), strict=False)


def _strict(text: str) -> str:
    """Return a text as strict JSON, line by line, but for newlines inside strings."""
    text = text.removeprefix("\ufeff")
    tokens, end = [], 0
    while token := _TOKEN.match(text, end):
        tokens.append(_strict_token(token.lastgroup, token[0]))
        end = token.end()
    if end < len(text):
        line = text.count("\n", 0, end) + 1
        raise ValueError(f"line {line}: expected a word, a string or a sign of JSON")
    return "".join(tokens)


def _strict_token(kind: str | None, token: str) -> str:
    if kind == "comment":
        return "\n" * token.count("\n") or " "
    if kind == "quoted":
        body = _TO_ESCAPE.sub(lambda part: _ESCAPED.get(part[0], part[0]), token[1:-1])
        return f'"{body}"'
    if kind == "word":
        is_literal = _LITERAL.fullmatch(token)
        return token.lower() if is_literal else json.dumps(token)
    return _STRICT_SIGNS.get(token, token)
