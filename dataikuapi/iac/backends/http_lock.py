"""The lock of a document on a server, as Terraform takes it."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock

from requests import RequestException, Response

from dataikuapi.iac.backends.holder import current_holder
from dataikuapi.iac.backends.http_client import HttpClient, failure, refusal
from dataikuapi.iac.backends.http_options import Endpoint
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateLockedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models.locks import LockInfo
from dataikuapi.iac.models.times import format_time, parse_time

__all__ = ["HELD", "HttpLock", "from_terraform", "holder_in", "to_terraform"]

HELD = (409, 423)
"""Statuses that say that somebody else holds the lock."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
"""Seconds between two attempts to take the lock."""

_PATIENCE_SECONDS = 1.0
"""How long to wait before saying so."""

_PROCESS = re.compile(r"process ([0-9]{1,18})")
_URL = re.compile(r"https?://[^\s,]+")

logger = get_logger(__name__)


class HttpLock:
    """The lock of a document.

    The same thread may take it again. It has no end: if its holder dies, somebody has
    to release it.

    Args:
        client: sends the requests.
        endpoint: the document.
        name: of the lock.
        clock: measures how long to wait, in seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        client: HttpClient,
        endpoint: Endpoint,
        name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._client = client
        self._endpoint = endpoint
        self._clock = clock
        self._sleep = sleep
        self._mutex = RLock()
        self._depth = 0
        self._own = LockInfo(name)

    @property
    def lock_id(self) -> str:
        """The id under which this thread holds it."""
        return self._own.lock_id

    @contextmanager
    def hold(self, reason: str, timeout: float) -> Iterator[None]:
        """Hold the lock.

        Args:
            reason: shown to anyone waiting for it.
            timeout: seconds to wait for it; negative to wait forever.

        Raises:
            StateLockedError: if somebody else still holds it by then.
            StateWriteError: if it cannot be taken.
        """
        if not self._mutex.acquire(timeout != 0, max(timeout, -1) if timeout else -1):
            raise StateLockedError(
                f"{self._endpoint.place} is locked by another thread of this process"
            )
        try:
            if self._depth == 0:
                self._own = self._acquire(reason, timeout)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._give_back()
        finally:
            self._mutex.release()

    def holder(self) -> LockInfo | None:
        """Return who holds the lock; ``None`` for nobody.

        The protocol cannot ask: the lock is taken, and given back at once.

        Raises:
            StateReadError: if that cannot be found out.
        """
        probe = current_holder(self.name, "see who holds the lock")
        try:
            held = self._try(probe)
        except StateWriteError as error:
            raise StateReadError(
                f"{error}, so who holds its lock is unknown"
            ) from error
        if held is not None:
            return holder_in(held, self.name)
        problem = self._unlock(to_terraform(probe))
        if problem:
            raise StateReadError(
                f"the lock of {self._endpoint.place} was taken to see who holds it, "
                f"and not given back: {problem}. Release it: dataiku-iac lock release "
                f"{self.name} --force"
            )
        return None

    def release(self, force: bool) -> LockInfo:
        """Take the lock away from its holder, whose next save the server then refuses.

        Returns:
            Who held it.

        Raises:
            StateNotFoundError: if nobody holds it.
            StateLockedError: if somebody does, and force is not set.
            StateWriteError: if the server does not release it.
        """
        place, held = self._endpoint.place, self.holder()
        if held is None:
            raise StateNotFoundError(f"nobody holds the lock of {place}")
        if not force:
            raise StateLockedError(
                f"{place} is locked by {held}, who may still be at work. If not, "
                "release the lock by force: dataiku-iac lock release "
                f"{self.name} --force"
            )
        # Without an id, the server decides, as it does for terraform force-unlock.
        problem = self._unlock(to_terraform(held) if held.lock_id else b"")
        if problem:
            raise StateWriteError(f"cannot release the lock of {place}: {problem}")
        return held

    def _acquire(self, reason: str, timeout: float) -> LockInfo:
        own = current_holder(self.name, reason)
        start, pause, is_told = self._clock(), _FIRST_PAUSE, False
        while (held := self._try_or_abandon(own)) is not None:
            holder, waited = holder_in(held, self.name), self._clock() - start
            if holder.lock_id == own.lock_id:
                break  # The request before was answered by an error, and took it.
            if 0 <= timeout <= waited:
                raise StateLockedError(
                    f"{self._endpoint.place} is locked by {holder}. Wait until that is "
                    "done. The lock stays when its holder dies; release it then: "
                    f"dataiku-iac lock release {self.name} --force"
                )
            if waited >= _PATIENCE_SECONDS and not is_told:
                logger.info(
                    "waiting for %s, which is locked by %s",
                    self._endpoint.place,
                    holder,
                )
                is_told = True
            left = pause if timeout < 0 else min(pause, timeout - waited)
            self._sleep(left * random.uniform(0.5, 1))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return own

    def _try_or_abandon(self, own: LockInfo) -> Response | None:
        """Lock; leave no lock behind if somebody interrupts that."""
        try:
            return self._try(own)
        except KeyboardInterrupt:
            with suppress(StateWriteError):
                held = self._try(own)
                if held is None or holder_in(held, self.name).lock_id == own.lock_id:
                    self._unlock(to_terraform(own))
            raise

    def _try(self, own: LockInfo) -> Response | None:
        """Lock; return the response of a server on which somebody else holds the lock.

        Raises:
            StateWriteError: if it is unknown whether somebody does.
        """
        endpoint = self._endpoint
        if not endpoint.lock_url:
            raise StateWriteError(
                f"cannot lock {endpoint.place}: it has no lock address, and without a "
                "lock no save is safe there. Pass lock_address, or set "
                "TF_HTTP_LOCK_ADDRESS"
            )
        try:
            response = self._client.send(
                endpoint.lock_method, endpoint.lock_url, body=to_terraform(own)
            )
        except RequestException as error:
            raise StateWriteError(
                f"cannot lock {endpoint.place}: {failure(error)}"
            ) from error
        if response.status_code in HELD:
            return response
        if response.status_code != 200:
            raise StateWriteError(f"cannot lock {endpoint.place}: {refusal(response)}")
        return None

    def _give_back(self) -> None:
        own, self._own = self._own, LockInfo(self.name)
        problem = self._unlock(to_terraform(own))
        if problem:  # What was done under the lock is done, so this is no error.
            logger.warning(
                "the lock of %s was not released: %s. If it is still held by %s, "
                "release it: dataiku-iac lock release %s --force",
                self._endpoint.place,
                problem,
                own,
                self.name,
            )

    def _unlock(self, body: bytes) -> str:
        """Unlock; return why that failed, or ""."""
        endpoint = self._endpoint
        try:
            response = self._client.send(
                endpoint.unlock_method, endpoint.unlock_url, body=body
            )
        except RequestException as error:
            return failure(error)
        # A server may drop the lock with the document.
        return "" if response.status_code in (200, 404) else refusal(response)


def holder_in(response: Response, name: str) -> LockInfo:
    """Return who holds a lock, as a response says, as far as it can be understood."""
    try:
        found = json.loads(response.content)
    except ValueError:
        found = None
    return from_terraform(found if isinstance(found, dict) else {}, name)


def to_terraform(holder: LockInfo) -> bytes:
    """Return the holder of a lock as the JSON document that Terraform has for it."""
    process = f"process {holder.process}" if holder.process else ""
    return json.dumps(
        {
            "ID": holder.lock_id,
            "Operation": holder.reason,
            "Info": ", ".join(filter(None, (process, holder.url))),
            "Who": f"{holder.user}@{holder.host}" if holder.host else holder.user,
            "Version": "dataiku-iac",
            "Created": format_time(holder.since) if holder.since else "",
            "Path": "",
        }
    ).encode("ascii")


def from_terraform(data: dict[str, object], name: str) -> LockInfo:
    """Return the holder of a lock that a JSON document of Terraform's names.

    Args:
        data: the document. What is missing, or no text, is unknown.
        name: of the lock.
    """

    def text(key: str) -> str:
        value = data.get(key)
        return value if isinstance(value, str) else ""

    user, mark, host = text("Who").rpartition("@")
    process, url = _PROCESS.search(text("Info")), _URL.search(text("Info"))
    try:
        since = parse_time(text("Created"))
    except ValueError:
        since = None
    return LockInfo(
        name=name,
        lock_id=text("ID"),
        user=user if mark else host,
        host=host if mark else "",
        process=int(process[1]) if process else 0,
        since=since,
        reason=text("Operation"),
        url=url[0] if url else "",
    )
