"""What the holder of a lock writes into it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson

from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobStore
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models.locks import LockInfo
from dataikuapi.iac.models.times import format_time, parse_time

__all__ = ["FOLDER", "FREE", "LockRecord", "lock_blob", "stored_lock"]

FREE = b""
"""The content of a lock that nobody holds."""

FOLDER = "locks/"
"""Where the locks are, beside the state."""

_UNKNOWN_LEASE = 60.0
"""How long a lock counts as leased that does not say so; in seconds."""

_LONGEST_LEASE = 86_400


@dataclass(frozen=True)
class LockRecord:
    """Who holds a lock, for how long it is leased, and when it was renewed.

    Args:
        info: who holds it.
        lease: for how many seconds.
        renewed_at: by the clock of the holder; ``None`` if unknown.
        renewals: how often, so that each of them changes what is stored.
    """

    info: LockInfo
    lease: float
    renewed_at: datetime | None
    renewals: int = 0

    def renewed(self, now: datetime) -> "LockRecord":
        """Return it as it is renewed."""
        return replace(self, renewed_at=now, renewals=self.renewals + 1)

    def seen_at(self, now: datetime) -> LockInfo:
        """Return who holds it, and whether it seems to be stale.

        That compares the clocks of two machines, so it is a hint and no proof.
        """
        late = timedelta(seconds=self.lease)
        stale = self.renewed_at is None or now > self.renewed_at + late
        return replace(self.info, is_stale=stale)

    def to_bytes(self) -> bytes:
        """Return it as it is stored: JSON."""
        document: dict[str, Any] = self.info.to_dict()
        del document["is_stale"]
        document |= {
            "lease": self.lease,
            "renewed_at": self.renewed_at and format_time(self.renewed_at),
            "renewals": self.renewals,
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_blob(cls, stored: Blob, name: str) -> "LockRecord | None":
        """Read it, as far as it can be understood; ``None`` if nobody holds the lock.

        Args:
            stored: what is stored of the lock.
            name: of the lock.
        """
        if stored.data == FREE:
            return None
        try:
            document = orjson.loads(stored.data)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            document = {}
        lease = document.get("lease")
        if not isinstance(lease, int | float) or not 0 < lease < _LONGEST_LEASE:
            lease = _UNKNOWN_LEASE
        try:
            renewed_at = parse_time(str(document.get("renewed_at")))
        except ValueError:
            renewed_at = None
        return cls(
            info=LockInfo.from_dict(document, name),
            lease=float(lease),
            renewed_at=renewed_at,
        )


def stored_lock(store: BlobStore, name: str) -> Blob:
    """Return what is stored of a lock; one that was never taken is free.

    Args:
        store: the storage.
        name: of the lock.

    Raises:
        StateReadError: if it cannot be read.
    """
    try:
        return store.read(lock_blob(name))
    except StateNotFoundError:
        return Blob(FREE, ABSENT)


def lock_blob(name: str) -> str:
    """Return the name of the blob that is a lock."""
    return f"{FOLDER}{quote(name, safe='@')}"
