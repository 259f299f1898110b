"""The files of a project in an export of DSS, or in any other zip archive of it."""

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePosixPath

from dataikuapi.iac.exceptions import SourceError

__all__ = ["ArchiveFiles"]

_ERRORS = (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError)
"""What zipfile raises for a member that is damaged or encrypted."""

_CONFIG, _MANIFEST = "project_config", "export-manifest.json"

_MAX_SIZE = 200_000_000
"""Bytes of one file. Configuration stays far below; a zip bomb does not."""


class ArchiveFiles(Mapping[str, bytes]):
    """The files of a project in a zip archive, each unpacked when it is looked up.

    An export has them below ``project_config``, beside data, which is not looked at.
    Any other archive has them at its top, or in the only folder with a project.

    Args:
        path: of the archive.

    Attributes:
        is_export: whether DSS exported it, and so has all of the project.
        project_key: of the project that was exported; ``None`` if the archive does not
            say.

    Raises:
        SourceError: if it is not a zip archive, or has no project in it, or several.
    """

    def __init__(self, path: Path) -> None:
        self._archive = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(f"{path} is not a zip archive: {error}") from error
        members = [item for item in self._zip.infolist() if not item.is_dir()]
        prefix = self._prefix({item.filename for item in members})
        self.is_export = prefix == f"{_CONFIG}/"
        self._members = {
            item.filename.removeprefix(prefix): item
            for item in members
            if item.filename.startswith(prefix)
        }
        self.project_key = self._original_key()

    def __getitem__(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            SourceError: if it is damaged, encrypted, or far too large.
        """
        return self._read(self._members[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, path: object) -> bool:
        """Return whether there is such a file, without unpacking it."""
        return path in self._members

    def _read(self, member: zipfile.ZipInfo) -> bytes:
        name = f"{member.filename} in {self._archive}"
        if member.file_size > _MAX_SIZE:
            raise SourceError(f"{name} has {member.file_size:,} bytes: too many")
        try:
            with self._zip.open(member) as file:
                data = file.read(_MAX_SIZE + 1)
        except _ERRORS as error:
            raise SourceError(f"cannot read {name}: {error}") from error
        if len(data) > _MAX_SIZE:
            raise SourceError(f"{name} has more than {_MAX_SIZE:,} bytes: too many")
        return data

    def _prefix(self, names: AbstractSet[str]) -> str:
        """Return what is before the paths of the project's files."""
        for prefix in ("", f"{_CONFIG}/"):
            if f"{prefix}params.json" in names:
                return prefix
        tops = sorted({PurePosixPath(name).parts[0] for name in names if name})
        found = [top for top in tops if f"{top}/params.json" in names]
        if len(found) > 1:
            raise SourceError(
                f"{self._archive} has several projects: {', '.join(found)}. Unpack it, "
                "and name the folder of one"
            )
        if not found:
            raise SourceError(
                f"{self._archive} has no params.json: it is not an export of a project"
            )
        return f"{found[0]}/"

    def _original_key(self) -> str | None:
        try:
            manifest = json.loads(self._read(self._zip.getinfo(_MANIFEST)))
        except (KeyError, ValueError):
            return None
        key = manifest.get("originalProjectKey") if isinstance(manifest, dict) else None
        return key if isinstance(key, str) and key else None
