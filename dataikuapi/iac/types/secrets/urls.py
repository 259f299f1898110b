"""Finds secrets before the host of a URL, and recognizes connection strings."""

import re
from collections.abc import Iterator

from dataikuapi.iac.types.secrets.shapes import Span

__all__ = ["after_host", "find_credentials", "find_passwords_of_hosts", "is_address"]

_SCHEME = r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}://"

# A port is not a password. The second form is that of a password with a slash.
_USER_AND_PASSWORD = re.compile(
    rf"{_SCHEME}[^\s/:@?#\"']{{0,200}}:(?!\d{{1,5}}(?:[/?#;,\s]|$))"
    r"((?:[^\s/\"'<>]{1,4000}(?=@))|(?:[^\s@\"'<>]{1,4000}(?=@)))"
)
_WITHOUT_SCHEME = re.compile(
    r"(?<![\w/.:@-])[A-Za-z][\w.-]{0,100}:([^\s/@:\"'<>]{4,200})"
    r"@(?:(?:tcp|unix)\(|[A-Za-z][\w.-]{1,255}(?::\d{2,5}|/))"
)

# Of a host only: elsewhere it may be the mailto:me@host of a person, say.
_BEFORE_HOST = re.compile(
    r"(?:^|(?<=[\s,;]))[^\s:@/,;]{0,100}:([^\s,;]{1,200})@(?=[\w\[])"
)

# In https://TOKEN@host the user is a token unless it looks like the login of a person.
_USER_ALONE = re.compile(
    r"(?<![A-Za-z0-9+.-])(?:git\+)?https?://([^\s/:@?#\"']{8,500})"
    r"(?::(?:api_token|x|x-oauth-basic)?)?@"
)
_LOGIN = re.compile(r"[a-z]+(?:[._-][a-z]+)*\d{0,2}|[A-Z][a-z]+(?:[A-Z][a-z]+)*\d{0,2}")
_MAX_LOGIN = 19

# In org/repository@branch, and in the version of a package.
_NOT_HOST = r"(?:v?\d+(?:\.\d+)*|dev(?:elop)?|latest|main|master|next|stable)(?:\s|$)"

_ORACLE = re.compile(
    r"(?:(?<=jdbc:oracle:thin:)|(?<=jdbc:oracle:oci:)|(?<=jdbc:oracle:oci8:)"
    r"|(?<![\w/.:@-]))[A-Za-z][\w$#]{0,127}/(?!/)(\"[^\"]{1,200}\"|[^\s/@\"']{1,200})"
    rf"@(?!{_NOT_HOST}|sha256:)"
    r"(?P<host>//|(?=\(DESCRIPTION))?[\w.(-]{1,255}(?P<port>:\d+)?"
)
_ORACLE_CONTEXT = re.compile(
    r"jdbc:oracle|\b(?:sqlplus|connect|expdp|impdp|exp|imp|sqlldr|userid=)",
    re.IGNORECASE,
)

_AFTER_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/?#]+[/?#]?(\S*)")
_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.:-]{0,60}://\S+"
    r"|[\w .]{1,40}=[^;]*(?:;\s*[\w .]{1,40}=[^;]*)+;?"
    r"|[\w.-]+:\d+(?:,.*)?",
    re.DOTALL,
)


def find_credentials(text: str) -> Iterator[Span]:
    """Yield the passwords and tokens before the ``@`` of URLs and Oracle addresses."""
    yield from (match.span(1) for match in _USER_AND_PASSWORD.finditer(text))
    yield from (match.span(1) for match in _WITHOUT_SCHEME.finditer(text))
    for match in _USER_ALONE.finditer(text):
        if len(match[1]) > _MAX_LOGIN or not _LOGIN.fullmatch(match[1]):
            yield match.span(1)
    if "/" in text:
        yield from _oracle_passwords(text)


def find_passwords_of_hosts(text: str) -> Iterator[Span]:
    """Yield the passwords in the ``user:password@host`` of one or several hosts."""
    yield from (match.span(1) for match in _BEFORE_HOST.finditer(text))


def _oracle_passwords(text: str) -> Iterator[Span]:
    """Yield the passwords in ``user/password@host``, which may be a path elsewhere."""
    is_oracle = _ORACLE_CONTEXT.search(text) is not None
    for match in _ORACLE.finditer(text):
        is_whole = match.start() == 0 and " " not in text
        if is_oracle or is_whole or match["host"] or match["port"]:
            yield match.span(1)


def is_address(text: str) -> bool:
    """Return whether a text is a URL, a connection string or a host with a port."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def after_host(text: str) -> Span | None:
    """Return the part of a URL that follows the host, if there is one."""
    match = _AFTER_HOST.fullmatch(text)
    return match.span(1) if match and match[1] else None
