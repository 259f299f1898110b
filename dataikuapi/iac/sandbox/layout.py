"""Reading a project in the layout in which DSS commits it to git.

::

    params.json                    the project itself
    variables.json                 standard variables (optional)
    localvariables.json            local variables (optional)
    datasets/NAME.json
    recipes/NAME.json              the recipe; no payload inside
    recipes/NAME.EXTENSION         its payload, if it has one

Everything else (zones, scenarios, ...) is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dataikuapi.iac.sandbox.errors import ProjectLayoutError
from dataikuapi.iac.sandbox.fields import Document, payload_extension

_PARAMS, _STANDARD, _LOCAL = "params.json", "variables.json", "localvariables.json"
_FOLDERS = ("datasets", "recipes")


@dataclass
class ProjectContent:
    """A project as its files have it: documents without names, payloads apart.

    Args:
        params: what `params.json` holds.
        standard: the variables that travel with the project.
        local: the variables of this instance.
        datasets: documents by name.
        recipes: documents by name.
        payloads: by recipe name; a recipe without a payload file is not in it.
    """

    params: Document
    standard: Document = field(default_factory=dict)
    local: Document = field(default_factory=dict)
    datasets: dict[str, Document] = field(default_factory=dict)
    recipes: dict[str, Document] = field(default_factory=dict)
    payloads: dict[str, str] = field(default_factory=dict)


def default_project_key(folder: Path) -> str:
    """Return the key that a folder's name suggests: `my-flow` gives `MY_FLOW`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", folder.resolve().name).upper()


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a project folder that :func:`parse_files` looks at.

    Raises:
        ProjectLayoutError: the folder holds no `params.json`.
    """
    if not (folder / _PARAMS).is_file():
        raise ProjectLayoutError(f"{folder} is no DSS project: it has no {_PARAMS}")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in _paths(folder)
    }


def parse_files(files: Mapping[str, bytes]) -> ProjectContent:
    """Return the project that the files describe.

    Args:
        files: contents by relative path with forward slashes.

    Raises:
        ProjectLayoutError: there is no `params.json`, or a file is malformed; the
            message names it.
    """
    if _PARAMS not in files:
        raise ProjectLayoutError(f"there is no {_PARAMS} among the project's files")
    recipes = dict(_documents(files, "recipes"))
    return ProjectContent(
        params=_document(files, _PARAMS),
        standard=_document(files, _STANDARD) if _STANDARD in files else {},
        local=_document(files, _LOCAL) if _LOCAL in files else {},
        datasets=dict(_documents(files, "datasets")),
        recipes=recipes,
        payloads=dict(_payloads(files, recipes)),
    )


def _paths(folder: Path) -> Iterator[Path]:
    candidates = [folder / name for name in (_PARAMS, _STANDARD, _LOCAL)]
    for name in _FOLDERS:
        candidates.extend(sorted((folder / name).glob("*")))
    return (path for path in candidates if path.is_file())


def _documents(
    files: Mapping[str, bytes], folder: str
) -> Iterator[tuple[str, Document]]:
    """Yield name and document of each object; a name may itself contain dots."""
    pattern = re.compile(rf"{folder}/([^/]+)\.json")
    for path in sorted(files):
        match = pattern.fullmatch(path)
        if match:
            document = _document(files, path)
            if not isinstance(document.get("type"), str):
                raise ProjectLayoutError(f"{path} has no type")
            yield match[1], document


def _payloads(
    files: Mapping[str, bytes], recipes: Mapping[str, Document]
) -> Iterator[tuple[str, str]]:
    """Yield name and payload of each recipe that has one.

    The recipe's type says which file it is: DSS leaves the old payload behind when the
    type of a recipe changes, so whatever else bears the name does not count.
    """
    for name, recipe in recipes.items():
        path = f"recipes/{name}.{payload_extension(recipe['type'])}"
        if path in files:
            yield name, _text(files, path)


def _text(files: Mapping[str, bytes], path: str) -> str:
    try:
        return files[path].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProjectLayoutError(f"{path} is not UTF-8 text: {error}") from error


def _document(files: Mapping[str, bytes], path: str) -> Document:
    try:
        document = json.loads(_text(files, path))
    except (ValueError, RecursionError) as error:
        raise ProjectLayoutError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ProjectLayoutError(f"{path} is not a JSON object")
    return document
