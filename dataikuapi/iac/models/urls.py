"""URLs: how they are told from paths, and shown without what gives access."""

import re
from collections.abc import Collection

__all__ = ["scheme_of", "shown_location", "without_credentials"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_AUTHORITY = re.compile(r"[^/?#]*")
_PATH = re.compile(r"[^?#]*")
_PORT = re.compile(r":\d*$")

_HOST = r"(?:\[[^\]]*\]|[^:\[\]]*)(?::\d*)?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")

_HIDDEN = "***"


def scheme_of(location: str) -> str:
    """Return the scheme of a URL, such as ``s3``; "" for a path."""
    match = _SCHEME.match(location)
    return match[1].lower() if match else ""


def shown_location(location: str) -> str:
    """Return the path or URL of a state as messages may show it.

    Of a state in a database, its name is shown, and that of the schema: without them
    all states of a database look alike.
    """
    return without_credentials(location, shown=("schema", "state"))


def without_credentials(url: str, shown: Collection[str] = ()) -> str:
    """Return a URL as messages may show it.

    User, password and fragment are left out; of the query, the values. A password is
    left out even where characters in it should have been escaped and are not; where
    that leaves open which part is the host, the host is left out as well.

    Args:
        url: of a state, an instance or a page. A path is returned as it is.
        shown: names of parameters of the query whose values are no secrets.
    """
    match = _SCHEME.match(url)
    if match is None:
        return url
    rest = url[match.end() :]
    authority = _AUTHORITY.findall(rest)[0]
    path = _PATH.findall(rest[len(authority) :])[0]
    has_credentials = "@" in authority or not _HOSTS.fullmatch(authority)
    # A password with a slash in it looks like a port, or has an @ before that slash.
    is_ambiguous = "@" in path and ("@" in authority or _PORT.search(authority))
    if has_credentials or is_ambiguous:
        rest = rest.rpartition("@")[2]
        authority = _AUTHORITY.findall(rest)[0]
    rest, mark, query = rest[len(authority) :].partition("#")[0].partition("?")
    if is_ambiguous or not _HOSTS.fullmatch(authority):  # Or "user:password" alone.
        authority = _HIDDEN
    return f"{match[0]}{authority}{rest}{mark}{_shown(query, shown)}"


def _shown(query: str, shown: Collection[str]) -> str:
    """Return a query with the values hidden; what is no parameter is one."""
    parts = []
    for parameter in filter(None, query.split("&")):
        name, mark, value = parameter.partition("=")
        kept = value if name in shown else _HIDDEN
        parts.append(f"{name}={kept}" if mark else _HIDDEN)
    return "&".join(parts)
