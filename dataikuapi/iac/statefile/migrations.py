"""Migrations: documents of older versions of the file format to the newest one.

A migration from version n is a pure function from a document to one of version n + 1.
The document has not been validated yet, so a migration checks what it uses.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["MIGRATIONS", "migrate"]

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By the version that they start from; none, as there is only one version so far."""


def migrate(document: Any) -> Any:
    """Return the document in the newest format; unchanged if no migration applies."""
    while isinstance(document, dict):
        version = document.get("version")
        if type(version) is not int or version not in MIGRATIONS:
            break
        document = MIGRATIONS[version](document)
    return document
