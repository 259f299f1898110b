"""How does a state file of an older format become one of this format?

A migration from version n is a pure function from a document to one of version n + 1.
It is given what was read before anything was validated: it looks before it takes.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["MIGRATIONS", "migrate"]

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By the version that they start from; none, since there is one version so far."""


def migrate(document: Any) -> Any:
    """Return the document in the newest format; one that needs nothing is returned."""
    while isinstance(document, dict):
        version = document.get("version")
        if type(version) is not int or version not in MIGRATIONS:
            break
        document = MIGRATIONS[version](document)
    return document
