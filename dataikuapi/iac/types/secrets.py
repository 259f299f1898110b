"""Which values in a document are secrets, and what stands for them in a state?"""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import lru_cache

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.cleaning import KEYED_BY_COLUMN

__all__ = [
    "ENCRYPTED",
    "Redactor",
    "SECRET",
    "make_redactor",
    "redact",
    "redact_constant",
]

SECRET = "<secret>"
"""Stands for a secret where no key was given: that it changed does not show."""

ENCRYPTED = "<encrypted>"
"""Stands for a value that DSS encrypts: it does so anew at every save."""

Redactor = Callable[[str], str]
"""From a secret to what a state may hold of it."""

_CIPHER_PREFIX = "e:AES:"
_SECRET_KEY = re.compile(
    r"password|passwd|secret|api[_-]?key|passphrase|private[_-]?key|webhook[_-]?url"
    r"|credential|authorization$|token(?!i[sz])|(^|[_-])pwd$",
    re.IGNORECASE,
)
# credentialsMode, tokenType: how a secret is kept, and not the secret.
_HARMLESS_KEY = re.compile(r"(mode|type)$", re.IGNORECASE)
# maxTokens is a number and no secret; a password may well be one.
_COUNTED_KEY = re.compile(r"token|credential", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_URL_PASSWORD = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:)([^\s/]+)(?=@)")
_URL_PARAMETER = re.compile(r"([?&;]([A-Za-z0-9_.-]+)=)([^?&;#\s\"']+)")
_CHAT_HOOK = re.compile(r"(\bhooks\.slack\.com/services/)(\S+)")


def redact_constant(secret: str) -> str:
    """Mask a secret so that not even a change of it shows."""
    return SECRET


def make_redactor(key: str | None) -> Redactor:
    """Return what stands for a secret.

    Args:
        key: with one, a keyed digest (HMAC-SHA-256) of the secret: that it changed
            shows, what it is does not. Without, always :data:`SECRET`.
    """
    if not key:
        return redact_constant
    secret_key = key.encode("utf-8")

    def digest(secret: str) -> str:
        text = secret.encode("utf-8", "surrogatepass")
        return f"<secret:{hmac.new(secret_key, text, hashlib.sha256).hexdigest()}>"

    return digest


def redact(value: JSON, redactor: Redactor) -> JSON:
    """Return a copy with every secret masked.

    A value is a secret by the name of its key (DSS shows tokens, passwords and keys of
    plugins, hooks and presets in clear), or by what it looks like: a ciphertext, a
    private key, a URL with a password in it.

    Args:
        value: no script: code is code, and not searched.
        redactor: see :func:`make_redactor`.
    """
    if isinstance(value, dict):
        pair = value.get("name", value.get("key"))
        named = isinstance(pair, str) and _names_secret(pair)
        return {
            key: _item(key, item, redactor, named and key == "value")
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [redact(item, redactor) for item in value]
    return _masked_by_look(value, redactor) if isinstance(value, str) else value


def _item(key: str, item: JSON, redactor: Redactor, named: bool) -> JSON:
    if key in KEYED_BY_COLUMN and isinstance(item, dict):
        return {column: redact(inner, redactor) for column, inner in item.items()}
    if not named and not _names_secret(key):
        return redact(item, redactor)
    return _all_masked(item, redactor, numbers=named or not _COUNTED_KEY.search(key))


@lru_cache(maxsize=4096)
def _names_secret(key: str) -> bool:
    return bool(_SECRET_KEY.search(key)) and not _HARMLESS_KEY.search(key)


def _all_masked(value: JSON, redactor: Redactor, numbers: bool) -> JSON:
    """Mask what is below a key that names a secret, but for switches and nothing."""
    if isinstance(value, dict):
        return {
            key: (
                item
                if _HARMLESS_KEY.search(key) and isinstance(item, str)
                else _all_masked(item, redactor, numbers)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_all_masked(item, redactor, numbers) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str):
        return ENCRYPTED if value.startswith(_CIPHER_PREFIX) else redactor(value)
    return redactor(str(value)) if numbers else value


def _masked_by_look(text: str, redactor: Redactor) -> str:
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
