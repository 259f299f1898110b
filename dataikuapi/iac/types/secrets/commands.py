"""Finds secrets in command lines, after HTTP authentication schemes, and in prose."""

import base64
import binascii
import re
from collections.abc import Iterator

from dataikuapi.iac.types.secrets.names import meaning_of
from dataikuapi.iac.types.secrets.shapes import Span

__all__ = ["find_arguments", "find_bearers", "find_sentences"]

_SCHEME = re.compile(
    r"(?<![\w-])(bearer|basic|token|apikey|ssws|geniekey|splunk|negotiate|digest"
    r"|sharedkey(?:lite)?)[ \t]+([A-Za-z0-9._~+/:=|!@$%^*-]{6,})",
    re.IGNORECASE,
)
_PROSE = frozenset("""
    access auth authentication authorization credential credentials format header scheme
    secret string token tokens value
    """.split())
_MIN_LENGTH, _MIN_ALONE = 12, 8
"""Length of a token in a sentence, and of one of which there is only the scheme."""

_USER_OPTION = re.compile(
    r"(?<!\S)(?:-u|-U|--user|--proxy-user)(?:[ =]+|(?=[^\s-]))[\"']?"
    r"(?!jdbc:)[^\s:\"'=]{1,200}:(?!//)([^\s\"']{1,500})"
)
_HTTP_CLIENT = re.compile(r"\b(?:curl|wget|https?|xh)\b")
_REST = r"[^\n|;]{0,200}?"
# In "docker run -u app:app" is the name of a group.
_CONTAINER = re.compile(
    rf"\b(?:docker|kubectl|nerdctl|podman)\b{_REST}\s(?:exec|run)\s"
)
_COMMAND = re.compile(
    r"\bsshpass\s+-p\s*[\"']?([^\s\"']+)"
    rf"|\bmysql\w*\b{_REST}\s-p[\"']?([^\s\"']+)"
    rf"|\b(?:beeline|mongo\w*)\b{_REST}\s-p\s*[\"']?([^\s\"']+)"
    rf"|\bldap[a-z]+\b{_REST}\s-w\s*[\"']?([^\s\"']+)"
    rf"|\bopenssl\s+enc\b{_REST}\s-k\s+[\"']?([^\s\"']+)"
    rf"|\b7z[ar]?\b{_REST}\s-p[\"']?([^\s\"']+)"
    rf"|\bcurl\b{_REST}\s-[A-Za-z]{{1,8}}u\s*[\"']?[^\s:\"']{{1,200}}:([^\s\"']+)"
    rf"|\bcurl\b{_REST}\s(?:-b|--cookie)[ =]?[\"']?[^\s=\"']{{1,100}}=([^\"'\s]+)"
    r"|\b(?i:ConvertTo-SecureString)\s+(?:-String\s+)?[\"']([^\"']+)"
    r"|\b(?i:(?:alter|create)\s+user|connect\s+to)\s+\S{1,200}\s+"
    r"(?i:identified\s+by)\s+([^\s\"';]+)"
    rf"|\b(?:az|cf|docker|helm|nerdctl|oc|podman|skopeo)\b{_REST}\slogin\b{_REST}"
    r"\s-p[ =]*[\"']?([^\s\"']+)"
    rf"|\bredis-cli\b{_REST}\s-a\s*[\"']?([^\s\"']+)"
    rf"|\bhttps?\s{_REST}(?:-a|--auth)[ =][\"']?[^\s:\"']{{1,200}}:([^\s\"']+)"
    rf"|\b(?:bcp|sqlcmd|unzip|zip)\b{_REST}\s-P\s*[\"']?([^\s\"']+)"
    rf"|\bsmbclient\b{_REST}\s-U\s*[\"']?[^\s%\"']{{1,200}}%([^\s\"']+)"
    r"|\blogin\s+\S{1,200}\s+password\s+(\S+)"
    r"|\b(?i:identified(?:\s+with\s+\S{1,80})?\s+by|with(?:\s+encrypted)?\s+password)"
    r"\s+[\"']([^\"']+)"
)
_OPTION = re.compile(
    r"(?<!\S)(--[A-Za-z][\w-]{1,60}|-[a-z]{2,20})[ \t]+[\"']?((?![\"'-])[^\s\"']+)"
)

_SETTER = re.compile(
    r"\b(?:config(?:ure)? set|setenv|setx)[ \t]+([\w.-]{1,80})[ \t]+[\"']?([^\s\"']+)"
    r"|\b(?:add_?header|config|option|property|put|set(?:_?\w{1,30})?)\("
    r"\s*[\"']([\w.-]{1,100})[\"']\s*,\s*[\"']([^\"']+)[\"']",
    re.IGNORECASE,
)

_SENTENCE = re.compile(
    r"\b(?:passw(?:or)?d|pwd?|passphrase|secret|token|key)\s+(?:is|was)[: ]\s*[\"'`]?"
    r"([^\s\"'`]{6,}[^\s\"'`.,!?)])",
    re.IGNORECASE,
)


def find_bearers(text: str) -> Iterator[Span]:
    """Yield what follows ``Bearer``, ``Basic`` and other schemes."""
    for match in _SCHEME.finditer(text):
        if _is_credential(match[1].lower(), match[2], match[0] == text.strip()):
            yield match.span(2)


def _is_credential(scheme: str, value: str, is_alone: bool) -> bool:
    if scheme == "basic":
        return b":" in _base64_decoded(value)
    if value.lower() in _PROSE:
        return False
    if is_alone and scheme == "bearer":
        return True
    has_digit = any(char.isdigit() for char in value)
    return has_digit and len(value) >= (_MIN_ALONE if is_alone else _MIN_LENGTH)


def _base64_decoded(text: str) -> bytes:
    digits = text.rstrip("=")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4))
    except (binascii.Error, ValueError):  # ValueError: not ASCII.
        return b""


def find_arguments(text: str) -> Iterator[Span]:
    """Yield the passwords and tokens among the arguments of a command line."""
    users = list(_USER_OPTION.finditer(text))
    is_client = bool(users) and _HTTP_CLIENT.search(text) is not None
    is_container = bool(users) and _CONTAINER.search(text) is not None
    for match in users:
        # "chown -u 1000:1000" has the ids of a user and a group.
        if is_client or not (is_container or match[1].isdecimal()):
            yield match.span(1)
    for match in _COMMAND.finditer(text):
        yield match.span(match.lastindex or 0)
    for match in _OPTION.finditer(text):
        if meaning_of(match[1]).is_secret:
            yield match.span(2)
    for match in _SETTER.finditer(text):
        name, value = (1, 2) if match[1] else (3, 4)
        if meaning_of(match[name]).is_secret:
            yield match.span(value)


def find_sentences(text: str) -> Iterator[Span]:
    """Yield what a sentence says that a password or token is."""
    for match in _SENTENCE.finditer(text):
        if any(not char.isalpha() for char in match[1]):
            yield match.span(1)
