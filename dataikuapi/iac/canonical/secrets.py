"""Which values in a document are secrets, and what stands for them in a state?"""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import lru_cache

from dataikuapi.iac.canonical.columns import KEYED_BY_COLUMN
from dataikuapi.iac.models.json_values import JSON

__all__ = ["ENCRYPTED", "SECRET", "Mask", "hidden", "mask_for", "without_secrets"]

SECRET = "<secret>"
"""Stands for a secret where no key was given: that it changed does not show."""

ENCRYPTED = "<encrypted>"
"""Stands for a value that DSS encrypts: it does so anew at every save."""

Mask = Callable[[str], str]
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


def hidden(secret: str) -> str:
    """Mask a secret so that not even a change of it shows."""
    return SECRET


def mask_for(key: str | None) -> Mask:
    """Return what stands for a secret.

    Args:
        key: with one, a keyed digest (HMAC-SHA-256) of the secret: that it changed
            shows, what it is does not. Without, always :data:`SECRET`.
    """
    if not key:
        return hidden
    secret_key = key.encode("utf-8")

    def digest(secret: str) -> str:
        text = secret.encode("utf-8", "surrogatepass")
        return f"<secret:{hmac.new(secret_key, text, hashlib.sha256).hexdigest()}>"

    return digest


def without_secrets(value: JSON, mask: Mask) -> JSON:
    """Return a copy with every secret masked.

    A value is a secret by the name of its key (DSS shows tokens, passwords and keys of
    plugins, hooks and presets in clear), or by what it looks like: a ciphertext, a
    private key, a URL with a password in it.

    Args:
        value: no script: code is code, and not searched.
        mask: see :func:`mask_for`.
    """
    if isinstance(value, dict):
        pair = value.get("name", value.get("key"))
        named = isinstance(pair, str) and _names_secret(pair)
        return {
            key: _item(key, item, mask, named and key == "value")
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item, mask) for item in value]
    return _masked_by_look(value, mask) if isinstance(value, str) else value


def _item(key: str, item: JSON, mask: Mask, named: bool) -> JSON:
    if key in KEYED_BY_COLUMN and isinstance(item, dict):
        return {column: without_secrets(inner, mask) for column, inner in item.items()}
    if not named and not _names_secret(key):
        return without_secrets(item, mask)
    return _all_masked(item, mask, numbers=named or not _COUNTED_KEY.search(key))


@lru_cache(maxsize=4096)
def _names_secret(key: str) -> bool:
    return bool(_SECRET_KEY.search(key)) and not _HARMLESS_KEY.search(key)


def _all_masked(value: JSON, mask: Mask, numbers: bool) -> JSON:
    """Mask what is below a key that names a secret, but for switches and nothing."""
    if isinstance(value, dict):
        return {
            key: (
                item
                if _HARMLESS_KEY.search(key) and isinstance(item, str)
                else _all_masked(item, mask, numbers)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_all_masked(item, mask, numbers) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str):
        return ENCRYPTED if value.startswith(_CIPHER_PREFIX) else mask(value)
    return mask(str(value)) if numbers else value


def _masked_by_look(text: str, mask: Mask) -> str:
    if text.startswith(_CIPHER_PREFIX):
        return ENCRYPTED
    if _PRIVATE_KEY.search(text):
        return mask(text)
    if "://" not in text:
        return text
    for pattern in (_URL_PASSWORD, _CHAT_HOOK):
        text = pattern.sub(lambda match: match[1] + mask(match[2]), text)
    return _URL_PARAMETER.sub(
        lambda match: (
            match[1] + mask(match[3]) if _names_secret(match[2]) else match[0]
        ),
        text,
    )
