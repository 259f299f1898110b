"""Makes the markers that replace secrets: a constant, or a keyed digest."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from dataikuapi.iac.models.markers import SECRET, keyed_marker

__all__ = ["MIN_KEY_LENGTH", "Redactor", "make_redactor", "redact_constant"]

MIN_KEY_LENGTH = 16
"""Characters of a secret key. Whoever guesses a key can guess the secrets, too."""

_ITERATIONS = 100_000
_SALT = b"dataikuapi.iac secret digest"


@dataclass(frozen=True)
class Redactor:
    """Makes the markers of the secrets in one place.

    Args:
        place: goes into the digests; usually a resource id.
    """

    place: str = ""
    _key: bytes | None = field(default=None, repr=False)
    _key_id: str = field(default="", repr=False)

    def within(self, place: str) -> "Redactor":
        """Return the redactor of another place."""
        return replace(self, place=place)

    def marker(self, secret: str, path: Sequence[str] = (), occurrence: int = 0) -> str:
        """Return the marker of a secret.

        Place and path go into the digest, so that equal secrets in two places do not
        show as equal.

        Args:
            secret: the secret.
            path: of the value in its place.
            occurrence: how many equal secrets at the same path come before this one.
        """
        if self._key is None:
            return SECRET
        message = json.dumps([self.place, *path, occurrence, secret]).encode("ascii")
        digest = hmac.new(self._key, message, hashlib.sha256).hexdigest()
        return keyed_marker(self._key_id, digest[:32])


redact_constant = Redactor()
"""Replaces secrets by a constant, so that not even changes show."""


def make_redactor(key: str | None, name: str = "secret_key") -> Redactor:
    """Return a redactor.

    Args:
        key: with a key, a secret is replaced by its keyed digest (HMAC-SHA-256), which
            shows that it changed; without, always by :data:`SECRET`.
        name: where the key was set, for the message.

    Raises:
        ValueError: if the key is too short.
    """
    if key is None:
        return redact_constant
    if len(key) < MIN_KEY_LENGTH:
        raise ValueError(
            f"{name} has {len(key)} characters; whoever guesses it can guess the "
            f"secrets. Use at least {MIN_KEY_LENGTH} characters, e.g. from: "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return _keyed(key)


@lru_cache(maxsize=8)
def _keyed(key: str) -> Redactor:
    """Derive the key and its id, slowly: the id must not help to guess a passphrase."""
    secret = key.encode("utf-8", "surrogatepass")
    derived = hashlib.pbkdf2_hmac("sha256", secret, _SALT, _ITERATIONS)
    key_id = hmac.new(derived, b"key id", hashlib.sha256).hexdigest()[:8]
    return Redactor(_key=derived, _key_id=key_id)
