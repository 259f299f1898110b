"""Reading the files of a project: text in UTF-8 and JSON objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.errors import ProjectLayoutError

Files = Mapping[str, bytes]
"""Contents by path, relative to the project's folder, with forward slashes."""


def read_text(files: Files, path: str) -> str:
    """Return a file's text.

    Raises:
        ProjectLayoutError: the file is not in UTF-8.
    """
    try:
        return files[path].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProjectLayoutError(f"{path} is not UTF-8 text: {error}") from error


def read_document(
    files: Files, path: str, loads: Callable[[str], Any] = json.loads
) -> Document:
    """Return the JSON object in a file.

    Args:
        files: where to look for it.
        path: of the file.
        loads: parses its text, or raises ValueError or RecursionError.

    Raises:
        ProjectLayoutError: the file is not JSON, or not a JSON object.
    """
    try:
        document = loads(read_text(files, path))
    except (ValueError, RecursionError) as error:
        raise ProjectLayoutError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ProjectLayoutError(f"{path} is not a JSON object")
    return document
