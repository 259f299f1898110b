"""Opens a project that is in files: a folder, a revision of git, or an archive."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from dataikuapi.iac.exceptions import SourceError, UnsupportedValueError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sources.archive import ArchiveFiles
from dataikuapi.iac.sources.folder import FolderFiles
from dataikuapi.iac.sources.git import git_files, repository_name
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
        is_whole: whether they are an export of DSS: then a type that has no place among
            them has no objects. Of other files nobody knows: a folder, and a revision
            of it, may hold a part of the project.
        marker: among the files; says which types they hold in full.
        managed_types: names of types that they hold in full if there is no marker.
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
        # The current folder, which a path may begin with, has its own name.
        name = Path(path).name or (
            Path.cwd().name if path else repository_name(git_dir)
        )
        is_whole = False
    elif (path_ := Path(text)).is_file():
        files = archive = ArchiveFiles(path_)
        name, is_whole = path_.stem, archive.is_export
        default_key = default_key or archive.project_key
    else:
        files, name, is_whole = FolderFiles(path_), path_.resolve().name, False
    marker = Marker.read(files)
    own = marker.project_key if marker is not None else None
    key = project_key or own or default_key or _cleaned(name)
    return ProjectSource(text, files, key, is_whole, marker, managed_types)


def _cleaned(name: str) -> str:
    """Return the key that a folder's name stands for: capitals, digits and ``_``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9_]+", "_", plain.upper()).strip("_") or "PROJECT"
