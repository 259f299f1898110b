"""A state in a file on this machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from dataikuapi.iac.backends.blob import (
    DEFAULT_MAX_BYTES,
    DEFAULT_MAX_VERSIONS,
    BlobBackend,
)
from dataikuapi.iac.backends.folder_store import FolderStore
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.backends.locks import file_lock, holder_of, locked_beside
from dataikuapi.iac.backends.versions import journal_name
from dataikuapi.iac.exceptions import StateNotFoundError, StateWriteError
from dataikuapi.iac.files import resolve_symlink
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.locks import APPLY_LOCK, JOURNAL_LOCK, STATE_LOCK, LockInfo
from dataikuapi.iac.models.times import utc_now

__all__ = ["LocalFileBackend", "default_state_file"]

_LEASE = ".apply"
"""How the names of files end whose locks are held by those who apply to a project."""


def default_state_file(environment: str) -> Path:
    """Return the default location of the state of an environment.

    Raises:
        ValueError: if that is not a valid name.
    """
    return Path(f".dataiku/state/{check_environment(environment)}.state.json")


class LocalFileBackend(BlobBackend):
    """Stores a state in a local JSON file, with its earlier versions next to it.

    The default location is ``.dataiku/state/{environment}.state.json``. Missing folders
    are created on the first save. A save writes a temporary file in the same folder,
    fsyncs it and renames it, so that a reader sees the old state or the new one, also
    after a crash. A new file is readable by its owner only; an existing one keeps its
    mode and group, and for root its owner. Whoever may write to it or to its folder can
    take the lock. A symbolic link stays one; what is not a regular file is refused. The
    lock is released when its process dies, and the thread that holds it may take it
    again.

    Args:
        state_file: path of the file.
        now: the clock, for the names of backups.
        max_versions: how many older versions are kept; the oldest are removed first.
        max_bytes: how many bytes they may take together.

    Raises:
        ValueError: if the path is blank, or does not end with the name of a file.

    Example:
        .. code-block:: python

            backend = LocalFileBackend(".dataiku/state/dev.state.json")
            with backend.lock("adding a dataset"):
                state = backend.load()
                state.add_resource(resource)
                backend.save(state)
    """

    capabilities = BlobBackend.capabilities | {
        Capability.SHARED,
        Capability.LOCK,
        Capability.LOCK_ENDS_WITH_HOLDER,
        Capability.LOCK_LIST,
        Capability.LEASE,
    }
    lock_freed_after = 0.0

    def __init__(
        self,
        state_file: str | Path,
        *,
        now: Callable[[], datetime] = utc_now,
        max_versions: int = DEFAULT_MAX_VERSIONS,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self.state_file = Path(state_file)
        if not self.state_file.name.strip():
            raise ValueError(
                f"invalid state_file {str(state_file)!r}: pass the path of a file, "
                "such as .dataiku/state/dev.state.json"
            )
        super().__init__(
            FolderStore(self.state_file.parent),
            self.state_file.name,
            now=now,
            max_versions=max_versions,
            max_bytes=max_bytes,
        )

    def __repr__(self) -> str:
        """Return the call that makes this backend."""
        return f"LocalFileBackend({str(self.state_file)!r})"

    def journal(self) -> Journal:
        """Return the journal, beside the file to which symbolic links may lead."""
        state = resolve_symlink(self.state_file)
        store = FolderStore(state.parent, like=state)
        return BlobJournal(store, state.name, self.lock_timeout)

    @contextmanager
    def lease(self, project_keys: Sequence[str]) -> Iterator[None]:
        """Prevent other applies to these projects; see :meth:`StateBackend.lease`.

        Like that of the state, each lock is that of the file to which symbolic links
        may lead.
        """
        state = resolve_symlink(self.state_file)
        with ExitStack() as stack:
            for key in project_keys:
                quoted = quote(key, safe="")
                target = state.with_name(f"{state.name}.{quoted}{_LEASE}")
                stack.enter_context(file_lock(target, f"apply to {key}", 0))
            yield

    def locks(self) -> list[LockInfo]:
        """Return who holds a lock: of the state, of projects, or of the journal.

        Whoever died holds none. A lock that is taken for the moment in which one entry
        is added to the journal is not among them.

        Raises:
            StateReadError: if that cannot be found out.
        """
        state = resolve_symlink(self.state_file)
        targets = {
            STATE_LOCK: state,
            JOURNAL_LOCK: state.with_name(journal_name(state.name)),
        }
        for name in locked_beside(state):
            key = name[len(state.name) + 1 : -len(_LEASE)]
            if name.endswith(_LEASE) and "." not in key:  # Else it is of another state.
                targets[f"{APPLY_LOCK}{unquote(key)}"] = state.with_name(name)
        found = (holder_of(target, name) for name, target in targets.items())
        return [holder for holder in found if holder is not None]

    def release_lock(self, name: str, *, force: bool = False) -> LockInfo:
        """Say who has to be ended: a lock of a file ends with its process only.

        Raises:
            StateNotFoundError: if nobody holds a lock of that name.
            StateReadError: if that cannot be found out.
            StateWriteError: otherwise; it names the process.
        """
        holder = next((each for each in self.locks() if each.name == name), None)
        if holder is None:
            raise StateNotFoundError(f"nobody holds the lock {name} of {self!r}")
        raise StateWriteError(
            f"the lock {name} of {self!r} is held by {holder}. A lock of a file cannot "
            "be taken away: wait until that process is done, or end it, which releases "
            "the lock"
        )
