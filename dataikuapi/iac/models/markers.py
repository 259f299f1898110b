"""Markers, which replace the secrets in a state."""

import re
from collections.abc import Iterator

from dataikuapi.iac.models.json_values import JSON

__all__ = [
    "ENCRYPTED",
    "MARKER",
    "SECRET",
    "holds_marker",
    "holds_secret",
    "keyed_marker",
    "marked_values",
]

SECRET = "<secret>"
"""Replaces a secret if no secret key was given, so that changes do not show."""

ENCRYPTED = "<encrypted>"
"""Replaces a value encrypted by DSS, whose ciphertext changes on every save."""

MARKER = re.compile(
    r"<secret(?::(?:(?P<key_id>[0-9a-f]{8}):[0-9a-f]{32}|[0-9a-f]{64}))?>|<encrypted>"
)
"""Matches any marker. One of 64 digits is from an older release, without a key id."""

_PREFIXES = (b"<secret", b"<encrypted>")


def keyed_marker(key_id: str, digest: str) -> str:
    """Return the marker that replaces a secret if there is a secret key.

    Args:
        key_id: 8 hex digits; only markers with the same key id can be compared.
        digest: 32 hex digits; equal if the secret and its place are.
    """
    return f"<secret:{key_id}:{digest}>"


def holds_marker(data: bytes) -> bool:
    """Return whether a value, serialized as JSON, may hold a marker."""
    return b"<" in data and any(prefix in data for prefix in _PREFIXES)


def holds_secret(value: JSON) -> bool:
    """Return whether there is a marker in a value."""
    return any(True for _ in marked_values(value))


def marked_values(value: JSON) -> Iterator[str]:
    """Yield the texts in a value that contain a marker."""
    if isinstance(value, dict):
        for item in value.values():
            yield from marked_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from marked_values(item)
    elif isinstance(value, str) and "<" in value and MARKER.search(value):
        yield value
