"""Finds secrets by the name before them in a text: ``password=x``, ``"token": "x"``.

That covers the query of a URL, connection strings, HTTP headers, and JSON, YAML, XML,
properties and command lines inside a text.
"""

import re
from collections.abc import Iterator

from dataikuapi.iac.types.secrets.names import Meaning, meaning_of
from dataikuapi.iac.types.secrets.shapes import Span

__all__ = ["find_assignments", "find_elements"]

_OPERATOR = re.compile(r"=>|(?<![=!<>~:])=(?![=~])|(?<![:=]):(?![:=/])")
_NAME = re.compile(
    r"(?P<before>\A|[^\w$.])"
    r"(?P<name>(?:[A-Za-z$][\w$-]{0,40} ){0,2}[^\W\d][\w.$-]{0,80})"
    r"(?:\\?[\"'`\]]{0,2})(?P<space>\s{0,8})$",
    re.DOTALL,
)
_MAX_NAME = 140

# Secrets only in the query of a URL: of Azure Functions, Google and others. A shorter
# value is a code of a country, say.
_PARAMETERS = frozenset("key code pass sid session sessionid appid assertion".split())
_MIN_PARAMETER = 6

_QUOTED = re.compile(
    r"\s{0,8}(?:\\\"((?:(?!\\\").)*)|\"((?:\\.|\"\"|[^\"\\])*)|'((?:\\.|''|[^'\\])*)"
    r"|`([^`]*))",
    re.DOTALL,
)
_BRACED = re.compile(r"\s{0,8}\{((?:[^}]|\}\}){1,1000})\}(?=;|$)")
_IN_QUERY = re.compile(r"([^&#;\s\"'<>\\]+)")
_TO_SEMICOLON = re.compile(r"[ \t]{0,8}([^;\r\n\"]+)")
_AFTER_SCHEME = re.compile(
    r"[ \t]{0,8}(?:(?:bearer|basic|digest|token|negotiate|apikey)[ \t]+)?([^\r\n\"']+)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"[ \t]{0,8}("
    r"(?:[^\s;\"'`,&]|,(?!\s*[\w.-]{1,80}\s*[=:])(?!\s|$)|&(?![\w.-]{1,80}=))+)"
)
# In credentials=(user='me' key='x'), each has its name.
_PARENTHESIS = re.compile(r"\(\w+=")
_END = re.compile(r"[ \t]*(?:[,;}\])]|\\?[\"'`]|\r?\n|$)")
_COLUMN = re.compile(r"[^\W\d]\w*\.[^\W\d]\w*")
_PORT = re.compile(r"\d{2,5}(?:[/?#]|$)")
# A block of YAML, and all lines that are indented as its first one.
_BLOCK = re.compile(
    r"[ \t]*[|>][-+]?[ \t]*\r?\n([ \t]+)(\S[^\n]*(?:\n(?:\1[^\n]*|[ \t]*(?=\n)))*)"
)
_NOT_VALUES = frozenset(
    "the a an is of for and or to by with see if as your { [ | > |- >-".split()
)
_MIN_IN_PROSE = 6
_OPENING = {")": "(", "]": "[", "}": "{", ".": ""}

# In the query of a URL that is itself a parameter of a URL.
_ENCODED = re.compile(
    r"%(?:25)?(?:3F|26|23)([\w.-]{1,80})%(?:25)?3D"
    r"((?:[\w.~+/-]|%(?!(?:25)?(?:26|23)))+)",
    re.IGNORECASE,
)

# Pairs in YAML or JSON: "- name: password", and in the next line "value: x".
_PAIR = re.compile(
    r"\b(?:key|name)\\?[\"']?\s?[:=]\s?\\?[\"']?([\w.-]{1,80})\\?[\"']?"
    r"\s{0,3},?\s{0,80}\\?[\"']?\bvalue\\?[\"']?\s?[:=]\s?\\?[\"']?([^\s\"',}\\]+)",
    re.IGNORECASE,
)

_ELEMENT = re.compile(r"<([\w:.-]{1,80})(?:\s[^<>]{0,200})?>([^<>]+)</")
_ATTRIBUTES = re.compile(
    r"\b(?:key|name)\s?=\s?\"([^\"]{1,80})\"\s+value\s?=\s?\"([^\"]+)\""
)


def find_assignments(text: str) -> Iterator[Span]:
    """Yield the values that follow the name of a secret and ``=``, ``:`` or ``=>``."""
    position = 0
    while operator := _OPERATOR.search(text, position):
        position = operator.end()
        found = _assigned(text, operator)
        if found:
            yield found  # There may be others in it: credentials=(key='x').
    patterns = [_PAIR, *([_ENCODED] if "%" in text else [])]
    for pattern in patterns:
        for match in pattern.finditer(text):
            if meaning_of(match[1]).is_secret:
                yield match.span(2)


def _assigned(text: str, operator: re.Match[str]) -> Span | None:
    end = operator.start()
    name = _NAME.search(text, max(end - _MAX_NAME, 0), end)
    if name is None:
        return None
    meaning = _meaning(name)
    if not meaning.is_secret:
        return None
    if name["before"] in ("?", "&", "#"):
        return _in_query(text, operator.end(), name)
    quoted = _QUOTED.match(text, operator.end())
    if quoted:
        group = quoted.lastindex or 0
        return quoted.span(group) if quoted[group] else None
    if operator[0] == ":":
        return _after_colon(text, operator.end(), name, meaning)
    return _after_equals(text, operator.end(), name)


def _meaning(name: re.Match[str]) -> Meaning:
    """Return what the last word says or, if nothing, the last two or three words."""
    words = name["name"].split(" ")
    if name["before"] == "=":
        words = words[-1:]  # The words before it are the value of another name.
    if name["before"] in ("?", "&") and words[-1].lower() in _PARAMETERS:
        return Meaning.HEADER
    for count in range(1, len(words) + 1):
        meaning = meaning_of(" ".join(words[-count:]))
        if meaning is not Meaning.UNKNOWN:
            return meaning
    return Meaning.UNKNOWN


def _in_query(text: str, start: int, name: re.Match[str]) -> Span | None:
    value = _IN_QUERY.match(text, start)
    if value is None:
        return None
    is_short = len(value[1]) < _MIN_PARAMETER
    return None if is_short and name["name"].lower() in _PARAMETERS else value.span(1)


def _after_equals(text: str, start: int, name: re.Match[str]) -> Span | None:
    braced = _BRACED.match(text, start)
    if braced:
        return braced.span(1)
    bare, to_semicolon = _BARE.match(text, start), _TO_SEMICOLON.match(text, start)
    if bare is None or to_semicolon is None or _PARENTHESIS.fullmatch(bare[1]):
        return None
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if ";" in line or text[to_semicolon.end() : to_semicolon.end() + 1] == ";":
        return to_semicolon.span(1)
    if name["space"] or text[start].isspace():
        # A line of properties, but not "ON a.token = b.token".
        is_line = line.lstrip().startswith(name["name"])
        if not is_line or not _END.match(text, bare.end()):
            return None
        if _COLUMN.fullmatch(bare[1]) and meaning_of(bare[1]).is_secret:
            return None
    return _without_closing(text, bare.span(1))


def _after_colon(
    text: str, start: int, name: re.Match[str], meaning: Meaning
) -> Span | None:
    if name["before"] in ("/", "@", ":"):
        return None  # The host or path of a URL, or part of an ARN.
    if name["name"].lower().endswith(("authorization", "cookie")):
        header = _AFTER_SCHEME.match(text, start)
        return header.span(1) if header else None
    block = _BLOCK.match(text, start)
    if block:
        return block.span(2)
    bare = _BARE.match(text, start)
    if bare is None or bare[1].lower() in _NOT_VALUES:
        return None
    is_port = start == bare.start(1) and _PORT.match(bare[1])
    if is_port and meaning is not Meaning.PASSWORD:
        return None
    if _END.match(text, bare.end()) or _looks_random(bare[1]):
        return _without_closing(text, bare.span(1))
    return None


def _looks_random(word: str) -> bool:
    has_symbol = any(not char.isalpha() for char in word.rstrip(".,:;!?)"))
    return has_symbol and len(word) >= _MIN_IN_PROSE


def _without_closing(text: str, span: Span) -> Span | None:
    """Return a span without closing brackets and a period at its end."""
    start, end = span
    while end > start and text[end - 1] in _OPENING:
        opening = _OPENING[text[end - 1]]
        if opening and opening in text[start:end]:
            break  # It closes what is in the span: ${password}.
        end -= 1
    return (start, end) if end > start else None


def find_elements(text: str) -> Iterator[Span]:
    """Yield the texts of XML elements such as ``<password>``, and values in XML."""
    for pattern in (_ELEMENT, _ATTRIBUTES):
        for match in pattern.finditer(text):
            if meaning_of(match[1]).is_secret:
                yield match.span(2)
