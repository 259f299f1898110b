"""A state on a server that speaks the protocol of Terraform's ``http`` backend."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.backends.blob_store import Blob
from dataikuapi.iac.backends.conflicts import load_based
from dataikuapi.iac.backends.http_client import HttpClient
from dataikuapi.iac.backends.http_lock import HttpLock
from dataikuapi.iac.backends.http_options import read_options
from dataikuapi.iac.backends.http_store import HttpJournalStore, HttpStore
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.locks import JOURNAL_LOCK, STATE_LOCK, LockInfo

__all__ = ["HttpBackend"]


class HttpBackend(BlobBackend):
    """Stores a state on a server: GitLab, Gitea, or another that Terraform can use.

    The protocol has no conditional write. So a save takes the lock, reads what is
    stored, compares, and stores under the lock, which the server checks. Where it has
    no lock address, the state can be read and not saved.

    The lock stays when its holder dies, until somebody releases it by force; the next
    save of its former holder is then refused. ``locks()`` has to take it for a moment,
    to see whether somebody holds it, and needs permission to.

    There is no history. GitLab keeps versions, and ``load_version`` and ``restore``
    find them by serial, but it does not list them. A backup is another document on the
    server, if the address of its lock can be known. A journal of applies takes an
    address of its own. Two people can apply to the same project at once: there is a
    lock for the whole state alone, and it is not held while an apply runs.

    Args:
        address: of the state, ``https://`` or ``http://``; may have user and password.
        sleep: waits between two attempts to take the lock.
        options: see :class:`~dataikuapi.iac.backends.http_options.HttpOptions`.

    Raises:
        ConfigurationError: if an address, an option or a variable is not valid.

    Example:
        .. code-block:: python

            backend = HttpBackend(
                "https://gitlab.example/api/v4/projects/7/terraform/state/dss-prod",
                username="ci",
                password=os.environ["STATE_TOKEN"],
            )
    """

    keeps_versions = False

    def __init__(
        self,
        address: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        **options: Any,
    ) -> None:
        url, self._options = read_options(address, options, os.environ)
        self._reopened = address, {"sleep": sleep, **options}
        self._endpoint = self._options.endpoint(url)
        self._journal = self._options.journal
        self._client = HttpClient(self._options)
        self._sleep = sleep
        self._lock = HttpLock(self._client, self._endpoint, STATE_LOCK, sleep=sleep)
        self._http = HttpStore(self._client, self._endpoint, self._lock)
        super().__init__(self._http, self._endpoint.name)
        promised = {
            Capability.SHARED: True,
            Capability.COMPARE_AND_SWAP: self._endpoint.lock_url,
            Capability.LOCK: self._endpoint.lock_url,
            Capability.LOCK_LIST: self._endpoint.lock_url,
            Capability.LOCK_RELEASE: self._endpoint.lock_url,
            Capability.JOURNAL: self._journal and self._journal.lock_url,
        }
        self.capabilities = frozenset(each for each, is_so in promised.items() if is_so)

    def __reduce__(self) -> tuple[Any, ...]:
        """Open it again in another process: connections and locks stay here."""
        return _open, self._reopened

    @contextmanager
    def lease(self, project_keys: Sequence[str]) -> Iterator[None]:
        """Do nothing: the protocol has one lock, which others need to save."""
        yield

    def locks(self) -> list[LockInfo]:
        """Return who holds the lock of the state, and that of the journal.

        Each is taken for a moment to find out.

        Raises:
            StateReadError: if that cannot be found out.
        """
        found = (lock.holder() for lock in self._locks())
        return [holder for holder in found if holder is not None]

    def release_lock(self, name: str, *, force: bool = False) -> LockInfo:
        """Take a lock away from its holder; see :meth:`StateBackend.release_lock`.

        The server cannot know whether a holder is gone, so it takes force.
        """
        locks = {lock.name: lock for lock in self._locks()}
        if name not in locks:
            raise StateNotFoundError(
                f"{self._endpoint.place} has no lock {name!r}, just "
                f"{' and '.join(map(repr, locks))}"
            )
        return locks[name].release(force)

    def load_version(self, serial: int) -> State:
        """Return the version of that serial: the stored one, or one that GitLab keeps.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if it cannot be read.
            StateCorruptedError: if it is not a valid state.
        """
        try:
            return super().load_version(serial)
        except StateNotFoundError:
            url = self._endpoint.versions_url
            data = url and self._http.read_from(url.format(serial))
            if not data:
                raise
            return load_based(Blob(data, ""))

    def journal(self) -> Journal:
        """Return the journal of applies, at an address of its own.

        Raises:
            JournalNotSupportedError: if it has no address.
        """
        lock = self._journal_lock()
        if self._journal is None or lock is None:
            return StateBackend.journal(self)
        store = HttpJournalStore(self._client, self._journal, lock)
        return BlobJournal(store, self._journal.name, self.lock_timeout)

    def _locks(self) -> list[HttpLock]:
        lock = self._journal_lock()
        return [self._lock] if lock is None else [self._lock, lock]

    def _journal_lock(self) -> HttpLock | None:
        """Return a lock of the journal; ``None`` if it has none."""
        journal = self._journal
        if journal is None or not journal.lock_url:
            return None
        return HttpLock(self._client, journal, JOURNAL_LOCK, sleep=self._sleep)


def _open(address: str, options: dict[str, Any]) -> HttpBackend:
    return HttpBackend(address, **options)
