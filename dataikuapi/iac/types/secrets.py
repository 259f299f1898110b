"""Finds secrets in a document, and replaces them by markers."""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import lru_cache

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.cleaning import KEYED_BY_COLUMN

__all__ = [
    "ENCRYPTED",
    "SECRET",
    "Redactor",
    "make_redactor",
    "redact",
    "redact_constant",
]

SECRET = "<secret>"
"""Replaces a secret if no secret key was given, so that changes do not show."""

ENCRYPTED = "<encrypted>"
"""Replaces a value encrypted by DSS, whose ciphertext changes on every save."""

Redactor = Callable[[str], str]
"""Returns what replaces a secret in a state."""

_CIPHER_PREFIX = "e:AES:"
_SECRET_KEY = re.compile(
    r"password|passwd|secret|api[_-]?key|passphrase|private[_-]?key|webhook[_-]?url"
    r"|credential|authorization$|token(?!i[sz])|(^|[_-])pwd$",
    re.IGNORECASE,
)
# credentialsMode, tokenType: how a secret is used, not the secret itself.
_HARMLESS_KEY = re.compile(r"(mode|type)$", re.IGNORECASE)
# maxTokens is a count, not a secret; but a password may consist of digits.
_COUNTED_KEY = re.compile(r"token|credential", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_URL_PASSWORD = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:)([^\s/]+)(?=@)")
_URL_PARAMETER = re.compile(r"([?&;]([A-Za-z0-9_.-]+)=)([^?&;#\s\"']+)")
_CHAT_HOOK = re.compile(r"(\bhooks\.slack\.com/services/)(\S+)")


def redact_constant(secret: str) -> str:
    """Redact a secret so that not even a change of it shows."""
    return SECRET


def make_redactor(key: str | None) -> Redactor:
    """Return a redactor.

    Args:
        key: with a key, a secret is replaced by its keyed digest (HMAC-SHA-256), which
            shows that it changed; without, always by :data:`SECRET`.
    """
    if not key:
        return redact_constant
    secret_key = key.encode("utf-8")

    def digest(secret: str) -> str:
        text = secret.encode("utf-8", "surrogatepass")
        return f"<secret:{hmac.new(secret_key, text, hashlib.sha256).hexdigest()}>"

    return digest


def redact(value: JSON, redactor: Redactor) -> JSON:
    """Return a copy in which every secret is redacted.

    A value is a secret if its key says so (DSS returns tokens, passwords and keys of
    plugins, hooks and presets in clear text), or if it looks like one: a ciphertext, a
    private key, a URL with a password.

    Args:
        value: not a script; code is not searched.
        redactor: replaces each secret.
    """
    if isinstance(value, dict):
        # DSS writes some maps as lists of {"name": ..., "value": ...}.
        pair_name = value.get("name", value.get("key"))
        named = isinstance(pair_name, str) and _names_secret(pair_name)
        return {
            key: _redact_item(key, item, redactor, named and key == "value")
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [redact(item, redactor) for item in value]
    return _redact_text(value, redactor) if isinstance(value, str) else value


def _redact_item(key: str, item: JSON, redactor: Redactor, named: bool) -> JSON:
    if key in KEYED_BY_COLUMN and isinstance(item, dict):
        return {column: redact(inner, redactor) for column, inner in item.items()}
    if not named and not _names_secret(key):
        return redact(item, redactor)
    return _redact_all(item, redactor, numbers=named or not _COUNTED_KEY.search(key))


@lru_cache(maxsize=4096)
def _names_secret(key: str) -> bool:
    return bool(_SECRET_KEY.search(key)) and not _HARMLESS_KEY.search(key)


def _redact_all(value: JSON, redactor: Redactor, numbers: bool) -> JSON:
    """Redact everything below the key of a secret, except booleans and empty values."""
    if isinstance(value, dict):
        return {
            key: (
                item
                if _HARMLESS_KEY.search(key) and isinstance(item, str)
                else _redact_all(item, redactor, numbers)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_redact_all(item, redactor, numbers) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str):
        return ENCRYPTED if value.startswith(_CIPHER_PREFIX) else redactor(value)
    return redactor(str(value)) if numbers else value


def _redact_text(text: str, redactor: Redactor) -> str:
    if text.startswith(_CIPHER_PREFIX):
        return ENCRYPTED
    if _PRIVATE_KEY.search(text):
        return redactor(text)
    if "://" not in text:
        return text
    for pattern in (_URL_PASSWORD, _CHAT_HOOK):
        text = pattern.sub(lambda match: match[1] + redactor(match[2]), text)
    return _URL_PARAMETER.sub(
        lambda match: (
            match[1] + redactor(match[3]) if _names_secret(match[2]) else match[0]
        ),
        text,
    )
