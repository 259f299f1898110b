"""Migrations: documents of older versions of the file format to the newest one.

A migration from version n is a pure function from a document to one of version n + 1.
The document has not been validated yet, so a migration checks what it uses.
"""

from collections.abc import Callable
from typing import Any

from dataikuapi.iac.exceptions import NewerFormatError

__all__ = ["MIGRATIONS", "NEWEST", "migrate"]

NEWEST = 1
"""The version of the format that this version of the library writes."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By the version that they start from; none, as there is only one version so far."""


def migrate(document: Any) -> Any:
    """Return the document in the newest format; unchanged if no migration applies.

    Raises:
        NewerFormatError: if it is of a newer format. What else is wrong with it by the
            schema of this one means nothing.
    """
    while isinstance(document, dict):
        version = document.get("version")
        if type(version) is int and version > NEWEST:
            raise NewerFormatError(
                f"it has version {version} of the format, and this release reads "
                f"version {NEWEST}: a newer dataiku-iac wrote it; upgrade (pip install "
                "--upgrade dataiku-iac)"
            )
        if type(version) is not int or version not in MIGRATIONS:
            break
        document = MIGRATIONS[version](document)
    return document
