"""Reading a project in the layout in which DSS commits it to git.

Which files those are, each kind says for itself. Other files are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataikuapi.iac.sandbox.documents import StoredObject
from dataikuapi.iac.sandbox.errors import ProjectLayoutError
from dataikuapi.iac.sandbox.files import Files
from dataikuapi.iac.sandbox.kinds.base import Kind

Content = Mapping[Kind, Mapping[str, StoredObject]]
"""The objects of a project as its files have them, by kind and by id."""


def default_project_key(folder: Path) -> str:
    """Return the key that a folder's name suggests: `my-flow` gives `MY_FLOW`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", folder.resolve().name).upper()


def files_of(folder: Path, kinds: Sequence[Kind]) -> Files:
    """Return the files of a project folder that :func:`parse_files` looks at.

    Raises:
        ProjectLayoutError: the folder lacks a file that every project has.
    """
    for name in _required_files(kinds):
        if not (folder / name).is_file():
            raise ProjectLayoutError(f"{folder} is not a DSS project: it has no {name}")
    globs = [glob for kind in kinds for glob in kind.globs]
    # pip compiles what it installs, also the libraries of the sample project.
    found = {
        path
        for glob in globs
        for path in folder.glob(glob)
        if path.is_file() and path.parent.name != "__pycache__"
    }
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)
    }


def parse_files(files: Files, kinds: Sequence[Kind]) -> Content:
    """Return the project that the files describe.

    Raises:
        ProjectLayoutError: a file that every project has is missing, or a file is
            malformed; the message names it.
    """
    for name in _required_files(kinds):
        if name not in files:
            raise ProjectLayoutError(f"there is no {name} among the project's files")
    return {kind: kind.load(files) for kind in kinds}


def _required_files(kinds: Sequence[Kind]) -> list[str]:
    return [kind.file for kind in kinds if kind.defines_project]
