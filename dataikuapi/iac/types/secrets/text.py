"""Finds and masks secrets inside a text, and keeps the rest of it."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.markers import ENCRYPTED, MARKER, SECRET
from dataikuapi.iac.types.secrets.assignments import find_assignments, find_elements
from dataikuapi.iac.types.secrets.commands import (
    find_arguments,
    find_bearers,
    find_sentences,
)
from dataikuapi.iac.types.secrets.shapes import (
    Span,
    find_hooks,
    find_private_keys,
    find_tokens,
)
from dataikuapi.iac.types.secrets.urls import find_credentials, find_passwords_of_hosts
from dataikuapi.iac.types.secrets.values import is_placeholder

__all__ = [
    "CIPHER_PREFIX",
    "find_secrets",
    "is_harmless",
    "join_spans",
    "mask_spans",
    "mask_text",
    "mask_values",
]

CIPHER_PREFIX = "e:AES:"
"""The beginning of a value that DSS encrypted."""

_CIPHER = re.compile(r"e:AES:[A-Za-z0-9+/=_-]{8,}")
_MIN_TOKEN = 12
_MAX_CACHED = 100


def mask_text(text: str) -> str:
    """Return a text, such as a message or URL, with the secrets in it masked."""
    return mask_spans(text, find_secrets(text), lambda secret: SECRET)


def mask_values(value: JSON) -> JSON:
    """Return a copy of a value with the secrets in all its texts masked."""
    if isinstance(value, dict):
        return {key: mask_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_values(item) for item in value]
    return mask_text(value) if isinstance(value, str) else value


def is_harmless(text: str) -> bool:
    """Return whether a search for secrets in a text is not worth its time."""
    return len(text) < _MIN_TOKEN and not ("=" in text or ":" in text or "@" in text)


def find_secrets(
    text: str, *, is_code: bool = False, is_host: bool = False
) -> list[Span]:
    """Return the secrets in a text, in order and without overlaps.

    Args:
        text: markers in it are left as they are.
        is_code: whether it is SQL or a formula, where ``token = x`` is a comparison.
        is_host: whether it is the name of a host, or of several.
    """
    # Most short texts recur: names of types and modes, comments of columns.
    find = _find_again if len(text) <= _MAX_CACHED else _find
    return list(find(text, is_code, is_host))


def _find(text: str, is_code: bool, is_host: bool) -> list[Span]:
    markers: list[Span] = []
    if "<" in text:
        markers = [match.span() for match in MARKER.finditer(text)]
        text = MARKER.sub(lambda match: f"<{'*' * (len(match[0]) - 2)}>", text)
    found = list(_found(text, is_code))
    if is_host:
        found += find_passwords_of_hosts(text)
    if not found:
        return found
    spans = _outside(join_spans(found), markers)
    return [span for span in spans if not is_placeholder(text[slice(*span)].strip())]


_find_again = lru_cache(maxsize=4096)(_find)


def _found(text: str, is_code: bool) -> Iterator[Span]:
    if len(text) >= _MIN_TOKEN:
        yield from find_tokens(text)
        yield from find_private_keys(text)
    if ":" in text or "=" in text:
        if not is_code or not any(char.isspace() for char in text):
            yield from find_assignments(text)
        if CIPHER_PREFIX in text:
            yield from (match.span() for match in _CIPHER.finditer(text))
    if "/" in text:
        yield from find_hooks(text)
        if "</" in text or "/>" in text:
            yield from find_elements(text)
    if "@" in text:
        yield from find_credentials(text)
    if " " in text or "\t" in text:
        yield from find_bearers(text)
        yield from find_sentences(text)
        yield from find_arguments(text)


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, with overlapping ones joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined


def _outside(spans: list[Span], markers: list[Span]) -> list[Span]:
    """Return the parts of spans that are not in a marker."""
    parts: list[Span] = []
    for start, end in spans:
        rest = start
        for first, last in markers:
            if rest < last and first < end:
                parts += [(rest, first)] if rest < first else []
                rest = last
        parts += [(rest, end)] if rest < end else []
    return parts


def mask_spans(text: str, spans: Iterable[Span], mask: Callable[[str], str]) -> str:
    """Return a text with parts of it masked.

    Args:
        text: the text.
        spans: the parts, in order and without overlaps.
        mask: returns the marker of a secret.
    """
    parts: list[str] = []
    done = 0
    for start, end in spans:
        secret = text[start:end]
        is_cipher = secret.startswith(CIPHER_PREFIX)
        parts += [text[done:start], ENCRYPTED if is_cipher else mask(secret)]
        done = end
    return "".join([*parts, text[done:]])
