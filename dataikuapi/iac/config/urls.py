"""Compares the URLs of instances."""

from urllib.parse import urlsplit

__all__ = ["same_url"]

_PORTS = {"http": 80, "https": 443}


def same_url(one: str, other: str) -> bool:
    """Return whether two URLs are of one DSS: scheme, host, port and path agree."""
    return _key(one) == _key(other)


def _key(url: str) -> tuple[object, ...]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # A port that is not a number: no two such URLs are compared.
        return (url,)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")
