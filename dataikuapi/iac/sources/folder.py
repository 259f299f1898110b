"""The files of a project in a folder."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.files import read_regular

__all__ = ["FolderFiles"]

_SKIPPED = frozenset({".git", ".ipynb_checkpoints", "__pycache__"})
"""Folders that are not part of the project's configuration."""


class FolderFiles(Mapping[str, bytes]):
    """The regular files of a folder, each read when it is looked up.

    Links to folders are not followed, so that what is outside the project is not taken
    for a part of it.

    Args:
        folder: of the project.
        may_be_empty: whether there need not be a file in it.

    Raises:
        SourceError: if it is missing, empty, not a folder, or cannot be listed.
    """

    def __init__(self, folder: Path, *, may_be_empty: bool = False) -> None:
        self._folder = folder
        self._prefix = os.path.join(folder, "")
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            raise SourceError(f"{folder} {what}")
        self._paths = frozenset(self._walk())
        if not (self._paths or may_be_empty):
            raise SourceError(f"{folder} is empty: it is not the folder of a project")

    def _walk(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self._folder, onerror=_refuse):
            folders[:] = sorted(set(folders) - _SKIPPED)
            inside = Path(folder).relative_to(self._folder).as_posix()
            prefix = "" if inside == "." else f"{inside}/"
            for name in files:
                yield f"{prefix}{name}"

    def __getitem__(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            SourceError: if it cannot be read.
        """
        if path not in self._paths:
            raise KeyError(path)
        try:
            return read_regular(f"{self._prefix}{path}")
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        """Return whether there is such a file, without reading it."""
        return path in self._paths


def _refuse(error: OSError) -> None:
    raise SourceError(f"cannot list {error.filename}: {error.strerror}") from error
