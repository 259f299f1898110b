"""Writes a project that was read from DSS to a folder, in DSS's own git layout."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dataikuapi.iac.exceptions import PullConflictError, SourceError
from dataikuapi.iac.files import Access, atomic_temporary, remove_temporaries
from dataikuapi.iac.live_ids import with_code_ids
from dataikuapi.iac.models import State
from dataikuapi.iac.sources.commit_message import commit_message
from dataikuapi.iac.sources.contents import Contents
from dataikuapi.iac.sources.folder import FolderFiles
from dataikuapi.iac.sources.marker import MARKER, Marker
from dataikuapi.iac.sources.pull_plan import PullPlan, plan_pull
from dataikuapi.iac.sources.work_tree import WorkTree
from dataikuapi.iac.types.layout import Files

__all__ = [
    "Pull",
    "PullResult",
    "prepare_pull",
    "pull_project",
    "require_no_conflicts",
]


@dataclass(frozen=True)
class PullResult:
    """What a pull did, or would do; all paths are relative to the folder.

    Args:
        project_key: of the project.
        folder: of the project.
        added: paths of files that were not there.
        modified: paths of files that were replaced.
        removed: paths of files of objects that are gone, and of stale payloads.
        unchanged: paths of files that were as they are to be.
        kept: paths of files of objects that could not be read.
        conflicts: what somebody did to files that the pull replaces or removes, by
            path; without ``force``, nothing is written if there are any.
    """

    project_key: str
    folder: Path
    added: tuple[str, ...]
    modified: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    conflicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def written(self) -> tuple[str, ...]:
        """The paths of the files that were added or modified."""
        return tuple(sorted((*self.added, *self.modified)))


class Pull:
    """A pull that is about to happen; nothing is written before :meth:`write`.

    Args:
        folder: of the project; it need not exist.
        contents: what is in it.
        plan: what to do.
        work_tree: of git, if the folder is in one.
        state: what was read.

    Attributes:
        result: what the pull does.
    """

    def __init__(
        self,
        folder: Path,
        contents: Contents,
        plan: PullPlan,
        work_tree: WorkTree | None,
        state: State,
    ) -> None:
        self._folder = folder
        self._contents = contents
        self._plan = plan
        self._work_tree = work_tree
        self._state = state
        there = contents.files
        self.result = PullResult(
            plan.project_key,
            folder,
            added=tuple(path for path in plan.writes if path not in there),
            modified=tuple(path for path in plan.writes if path in there),
            removed=plan.removals,
            unchanged=plan.unchanged,
            kept=plan.kept,
            conflicts=plan.conflicts,
        )

    def write(self) -> None:
        """Write and remove the files; if nothing differs, nothing is touched.

        Raises:
            SourceError: if a file cannot be written; the next pull completes it.
        """
        plan = self._plan
        if not (plan.writes or plan.removals) and self._contents.marker == plan.after:
            return
        self._remove_leftovers()
        if plan.writes or plan.removals:
            self._write(MARKER, plan.before.to_bytes())
        # First, since a file system may take an old name and a new one for the same.
        for path in plan.removals:
            with _errors(path):
                (self._folder / path).unlink(missing_ok=True)
        for path, data in plan.writes.items():
            self._write(path, data)
        self._write(MARKER, plan.after.to_bytes())

    def require_repository(self) -> None:
        """Check that :meth:`commit` is possible.

        Raises:
            SourceError: if the folder is not in a git repository, or that does not take
                commits now.
        """
        self._repository().require_ready()

    def commit(self, message: str) -> bool:
        """Commit what pull wrote and removed, and nothing else.

        That is also what earlier pulls did, if nobody committed or changed it since.
        The message says who edited each object last.

        Args:
            message: its beginning.

        Returns:
            Whether there was anything to commit.

        Raises:
            SourceError: if git refuses, or the folder is not in a git repository.
        """
        plan = self._plan
        paths = {*plan.writes, *plan.removals, *plan.interrupted}
        paths |= self._contents.uncommitted(plan.after.digests)
        text = commit_message(message, plan, paths, self._state)
        return self._repository().commit({*paths, MARKER}, text)

    def _repository(self) -> WorkTree:
        if self._work_tree is not None:
            return self._work_tree
        try:
            return WorkTree.required(self._folder)
        except SourceError as error:
            raise SourceError(
                f"{self._folder} is not in a git repository that can be used: "
                f"{error}. Create one with git init, or pull without a commit"
            ) from error

    def _write(self, path: str, data: bytes) -> None:
        target = self._folder / path
        with _errors(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            # Not durable: after a power cut, the marker does not match and says so.
            with atomic_temporary(
                target, data, Access.of(target), durable=False
            ) as temporary:
                os.replace(temporary, target)

    def _remove_leftovers(self) -> None:
        """Remove the temporary files of a pull that was killed."""
        pending = self._contents.marker.pending if self._contents.marker else {}
        for path in (*pending, MARKER):
            if not _obstacle(self._folder, path):
                remove_temporaries(self._folder / path)


def pull_project(
    state: State,
    folder: str | Path,
    *,
    project_key: str | None = None,
    force: bool = False,
    local_files: bool = False,
    dry_run: bool = False,
) -> PullResult:
    """Write a project to a folder, in the layout in which DSS commits it to git.

    Only files whose content differs are written, and only files of objects are removed
    that are known to be gone. What could not be read keeps its files.

    Args:
        state: what was read, e.g. by :meth:`StateManager.sync_project`; a stored one
            has the ids of the code where DSS has generated others.
        folder: of the project; it need not exist.
        project_key: of the project in the state. Defaults to the only one.
        force: replace and remove also files that somebody changed.
        local_files: write also what holds for one instance only: local variables.
        dry_run: write nothing.

    Raises:
        PullConflictError: if somebody changed files since they were written.
        SourceError: if an object cannot have a file of its name, a file cannot be read
            or written, or the folder has another project.

    Example:
        .. code-block:: python

            result = pull_project(manager.sync_project("SHOP"), "SHOP")
            print(result.written, result.removed)
    """
    pull = prepare_pull(
        state, folder, project_key=project_key, force=force, local_files=local_files
    )
    if not dry_run:
        if not force:
            require_no_conflicts([pull.result])
        pull.write()
    return pull.result


def require_no_conflicts(results: Iterable[PullResult]) -> None:
    """Check that nobody changed the files that pulls replace or remove.

    Raises:
        PullConflictError: if somebody did.
    """
    conflicts = {
        str(result.folder / path): change
        for result in results
        for path, change in result.conflicts.items()
    }
    if conflicts:
        raise PullConflictError(conflicts)


def prepare_pull(
    state: State,
    folder: str | Path,
    *,
    project_key: str | None = None,
    force: bool = False,
    local_files: bool = False,
) -> Pull:
    """Return a pull that writes nothing yet; see :func:`pull_project`.

    Raises:
        SourceError: see :func:`pull_project`.
    """
    state = with_code_ids(state)
    folder = Path(folder)
    key = project_key or _only_key(state)
    files = _files_in(folder)
    marker = Marker.read(files)
    if marker is not None and marker.project_key != key and not force:
        raise SourceError(
            f"{folder} has project {marker.project_key}, not {key}: pull to another "
            "folder, or replace it with force=True"
        )
    work_tree = WorkTree.around(folder)
    committed = {} if work_tree is None else work_tree.committed()
    unchanged = frozenset() if work_tree is None else work_tree.unchanged(committed)
    contents = Contents(files, marker, frozenset(committed), unchanged)
    plan = plan_pull(state, key, contents, with_local_files=local_files)
    touched = [*plan.writes, *plan.removals, MARKER]
    _require_no_obstacles(folder, touched)
    return Pull(folder, contents, plan, work_tree, state)


def _only_key(state: State) -> str:
    keys = state.project_keys()
    if len(keys) != 1:
        found = ", ".join(keys) or "none"
        raise SourceError(f"which project to pull? The state has {found}")
    return keys[0]


def _files_in(folder: Path) -> Files:
    return FolderFiles(folder, may_be_empty=True) if os.path.lexists(folder) else {}


def _require_no_obstacles(folder: Path, paths: Iterable[str]) -> None:
    found = {path: _obstacle(folder, path) for path in paths}
    lines = "".join(f"\n  {folder / path}: {why}" for path, why in found.items() if why)
    if lines:
        raise SourceError(
            "nothing was written, since there is something else in the place of a "
            f"file; move it away:{lines}"
        )


def _obstacle(folder: Path, path: str) -> str | None:
    """Return what is in the way of a file; ``None`` if it can be written.

    Links are never followed: what is outside the folder is not the project's.
    """
    parts = Path(path).parts
    for end in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:end])
        try:
            mode = os.lstat(place).st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"{error.strerror}"
        problem = _wrong_kind(mode, is_file=end == len(parts))
        if problem:
            return f"{place} is {problem}"
    return None


def _wrong_kind(mode: int, is_file: bool) -> str | None:
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if is_file:
        if stat.S_ISDIR(mode):
            return "a folder"
        return None if stat.S_ISREG(mode) else "not a regular file"
    return None if stat.S_ISDIR(mode) else "not a folder"


@contextmanager
def _errors(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"cannot write {path}: {error.strerror}. The next pull completes this one"
        ) from error
