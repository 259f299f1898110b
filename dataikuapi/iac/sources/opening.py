"""Opens a project that is in files: a folder, a revision of git, or an archive."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dataikuapi.iac.exceptions import SourceError, UnsupportedValueError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sources.archive import ArchiveFiles
from dataikuapi.iac.sources.folder import FolderFiles
from dataikuapi.iac.sources.git import git_files
from dataikuapi.iac.sources.marker import Marker
from dataikuapi.iac.sources.project_files import read_project_files
from dataikuapi.iac.types.layout import Files
from dataikuapi.iac.types.secrets import Redactor, redact_constant

__all__ = ["GIT_PREFIX", "ProjectSource", "open_files"]

GIT_PREFIX = "git:"


@dataclass(frozen=True)
class ProjectSource:
    """The files of one project.

    Args:
        label: what was opened, for titles and messages.
        files: of the project.
        project_key: of the project.
        is_whole: whether DSS wrote the files, all types at once: then a type that has
            no place among them has no objects. Of a folder, others may have kept a
            part.
        marker: among the files.
        managed_types: names of types of which others kept all, nevertheless.
    """

    label: str
    files: Files
    project_key: str
    is_whole: bool
    marker: Marker | None = None
    managed_types: Collection[str] = ()

    def read(
        self,
        *,
        types: Iterable[str] | None = None,
        redactor: Redactor = redact_constant,
        may_be_interrupted: bool = False,
    ) -> State:
        """Return the project as a state, whose scope is what the files cover.

        Args:
            types: names of the types to read. Defaults to all.
            redactor: replaces each secret.
            may_be_interrupted: read also what a pull has written in part only.

        Raises:
            SourceError: if a file is not what DSS writes, or a pull was interrupted;
                the message names it.
        """
        if self.marker is not None and self.marker.pending and not may_be_interrupted:
            raise SourceError(
                f"{self.label}: a pull into it was interrupted, so it is neither as it "
                "was nor as DSS has it; pull again"
            )
        try:
            return read_project_files(
                self.files,
                self.project_key,
                utc_now(),
                marker=self.marker,
                types=types,
                is_whole=self.is_whole,
                managed_types=self.managed_types,
                redactor=redactor,
            )
        except (SourceError, UnsupportedValueError) as error:
            raise SourceError(f"{self.label}: {error}") from error


def open_files(
    text: str,
    *,
    project_key: str | None = None,
    default_key: str | None = None,
    git_dir: Path | None = None,
    managed_types: Collection[str] = (),
) -> ProjectSource:
    """Open a project.

    Args:
        text: the path of a folder or of a zip archive, or ``git:REV[:PATH]``.
        project_key: of the project. Defaults to what its files say.
        default_key: if they do not say it. Defaults to the name of the folder in
            capitals.
        git_dir: the repository of a revision.
        managed_types: see :class:`ProjectSource`.

    Raises:
        SourceError: if there is no such project.
    """
    if text.startswith(GIT_PREFIX):
        revision, _, path = text.removeprefix(GIT_PREFIX).partition(":")
        files: Files = git_files(revision, path, git_dir)
        name = Path(path).name or (git_dir or Path()).resolve().name
        keys = project_key, default_key or _cleaned(name)
        return _opened(text, files, keys, is_whole=True)
    path_ = Path(text)
    if path_.is_file():
        archive = ArchiveFiles(path_)
        default_key = default_key or archive.project_key or _cleaned(path_.stem)
        return _opened(text, archive, (project_key, default_key), is_whole=True)
    keys = project_key, default_key or _cleaned(path_.resolve().name)
    source = _opened(text, FolderFiles(path_), keys, is_whole=False)
    return replace(source, managed_types=managed_types)


def _opened(
    label: str, files: Files, keys: tuple[str | None, str], *, is_whole: bool
) -> ProjectSource:
    """Return a project, with the first of the keys, its own, or the second one."""
    marker, (key, default) = Marker.read(files), keys
    own = marker.project_key if marker is not None else None
    return ProjectSource(label, files, key or own or default, is_whole, marker)


def _cleaned(name: str) -> str:
    """Return the key that a folder's name stands for: capitals, digits and ``_``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9_]+", "_", plain.upper()).strip("_") or "PROJECT"
