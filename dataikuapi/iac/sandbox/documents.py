"""Pure functions on documents: copies, version tags, validation."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from dataikuapi.iac.sandbox.errors import InvalidDocumentError

Document = dict[str, Any]
T = TypeVar("T")

_CIPHERTEXT_PREFIX = "e:AES:"


@dataclass(frozen=True)
class StoredObject:
    """An object as the sandbox keeps it; replaced on each save, never edited.

    Args:
        document: its JSON, with everything that the API adds to the file.
        payload: the text that DSS keeps in a file beside it, such as a recipe's code;
            None where there is no such file.
    """

    document: Document
    payload: str | None = None


def copied(value: T) -> T:
    """Return a copy that shares nothing with the original.

    Args:
        value: anything that JSON can carry; a round trip is several times faster than
            :func:`copy.deepcopy`.
    """
    duplicate: T = json.loads(json.dumps(value))
    return duplicate


def version_tag(number: int, login: str, when: int) -> Document:
    """Return a version tag; `when` is in milliseconds since 1970."""
    return {
        "versionNumber": number,
        "lastModifiedBy": {"login": login},
        "lastModifiedOn": when,
        "extendedProperties": {},
    }


def with_tags(document: Mapping[str, Any], owner: str) -> Document:
    """Return the document with both its version tag and its creation tag.

    Since 2024 DSS keeps version tags out of git, yet the API still returns them; a few
    old objects lack the creation tag instead, and some API services have null for
    both. A missing tag is derived from the other, so that loading the same files twice
    gives the same documents.

    Args:
        document: as it is on disk.
        owner: the login for an object that has neither tag.
    """
    known = document.get("creationTag") or document.get("versionTag")
    first = {**(known or version_tag(0, owner, 0)), "versionNumber": 0}
    tags = {name: document.get(name) or first for name in ("creationTag", "versionTag")}
    return {**document, **tags}


def next_version(
    document: Document, previous: Document, login: str, when: int
) -> Document:
    """Return a copy of the document as one version later than the previous one.

    DSS renumbers at each save, whether or not anything changed, and whatever version
    tag the client sent: there is no optimistic locking.
    """
    number = previous["versionTag"].get("versionNumber", 0) + 1
    kept: Document = reencrypted(copied(document), number)
    return {**kept, "versionTag": version_tag(number, login, when)}


def reencrypted(value: Any, salt: int) -> Any:
    """Return the value with a new ciphertext for each encrypted string inside.

    DSS encrypts afresh at every save: the secret stays, its `e:AES:` text does not.

    Args:
        value: a document, or any part of one.
        salt: what makes this save's ciphertexts differ from those of the last.
    """
    if isinstance(value, dict):
        return {key: reencrypted(part, salt) for key, part in value.items()}
    if isinstance(value, list):
        return [reencrypted(part, salt) for part in value]
    if isinstance(value, str) and value.startswith(_CIPHERTEXT_PREFIX):
        digest = hashlib.sha256(f"{salt}:{value}".encode("utf-8", "replace")).digest()
        return _CIPHERTEXT_PREFIX + base64.b64encode(digest).decode("ascii")
    return value


def without_nulls(document: Mapping[str, Any]) -> Document:
    """Return the document without its null fields, which DSS never writes."""
    return {key: value for key, value in document.items() if value is not None}


def shuffled(tags: list[str]) -> list[str]:
    """Return the tags in an order that is not the given one, if there is another.

    DSS does not promise to keep the order of tags. Sorting alone would let a client
    that happens to send them sorted believe that its order is kept.
    """
    ordered = sorted(tags)
    return ordered if ordered != tags else ordered[::-1]


def tag_list(tags: Any) -> list[str]:
    """Return the tags, or raise InvalidDocumentError unless they are strings."""
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        return tags
    raise InvalidDocumentError("tags must be a list of strings")


def required_text(document: Mapping[str, Any], name: str, label: str) -> str:
    """Return a mandatory text field, or raise InvalidDocumentError."""
    value = document.get(name)
    if isinstance(value, str) and value:
        return value
    raise InvalidDocumentError(f"Missing {name} in {label}")


def required_object(value: Any, label: str) -> Document:
    """Return the value if it is a JSON object, or raise InvalidDocumentError."""
    if isinstance(value, dict):
        return value
    raise InvalidDocumentError(f"Expected a JSON object as {label}")
