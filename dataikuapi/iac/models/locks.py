"""Who holds a lock, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import format_time, parse_time

__all__ = ["APPLY_LOCK", "JOURNAL_LOCK", "STATE_LOCK", "LockInfo"]

STATE_LOCK = "state"
"""The name of the lock that keeps others from saving the state."""

APPLY_LOCK = "apply:"
"""What the name of a lock against other applies begins with; a project key follows."""

JOURNAL_LOCK = "journal"
"""The name of the lock that keeps others from writing to the journal."""


@dataclass(frozen=True)
class LockInfo:
    """A lock that somebody holds.

    Args:
        name: what is locked: ``state`` against saves, ``apply:SHOP`` against other
            applies to a project, or ``journal``.
        lock_id: identifies this acquisition of the lock; "" where a storage has none.
        user: the login of the holder.
        host: the machine of the holder.
        process: the id of the process there; 0 if unknown.
        since: when it was taken; ``None`` if unknown.
        reason: why it is held; "" if that was not said.
        url: the page of the CI job that holds it; "" if it is not a CI job.
        is_stale: whether its holder has not renewed it in time, so that it may be
            taken over.
    """

    name: str
    lock_id: str = ""
    user: str = ""
    host: str = ""
    process: int = 0
    since: datetime | None = None
    reason: str = ""
    url: str = ""
    is_stale: bool = False

    def __str__(self) -> str:
        """Return the holder in words, for messages."""
        if not self.user and not self.host:
            return "an unknown holder"
        who = f"{self.user or 'somebody'} on {self.host or 'an unknown host'}"
        process = f", process {self.process}" if self.process else ""
        since = f", since {format_time(self.since)}" if self.since else ""
        because = f" for {self.reason!r}" if self.reason else ""
        job = f" ({self.url})" if self.url else ""
        return f"{who}{process}{since}{because}{job}"

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON has it."""
        return {
            "name": self.name,
            "lock_id": self.lock_id,
            "user": self.user,
            "host": self.host,
            "process": self.process,
            "since": format_time(self.since) if self.since else None,
            "reason": self.reason,
            "url": self.url,
            "is_stale": self.is_stale,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object], name: str) -> "LockInfo":
        """Build it from what a holder wrote, as far as it can be understood.

        Args:
            data: what the holder wrote.
            name: what is locked.
        """

        def text(key: str) -> str:
            value = data.get(key)
            return value if isinstance(value, str) else ""

        process = data.get("process")
        try:
            since = parse_time(text("since"))
        except ValueError:
            since = None
        return cls(
            name=name,
            lock_id=text("lock_id"),
            user=text("user"),
            host=text("host"),
            process=process if type(process) is int else 0,
            since=since,
            reason=text("reason"),
            url=text("url"),
        )
