"""A document on a server, by the protocol that Terraform speaks."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from requests import RequestException, Response

from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobInfo, BlobStore
from dataikuapi.iac.backends.http_client import (
    HttpClient,
    body_of,
    content_md5,
    failure,
    refusal,
)
from dataikuapi.iac.backends.http_lock import HELD, HttpLock, holder_in
from dataikuapi.iac.backends.http_options import Endpoint
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateLockedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)

__all__ = ["HttpJournalStore", "HttpStore"]

_NOTHING = (204, 404)
"""Statuses of a document that does not exist."""

_STORED = (200, 201, 204)

_COPY_TIMEOUT = 60.0
"""How many seconds to wait for the lock of a copy that others make, too."""


class HttpStore(BlobStore):
    """One document, and copies of it; its token is the SHA-256 digest of its content.

    The protocol has no conditional write. So a write reads and compares under the lock,
    and names the lock: the server refuses it if that was taken away meanwhile.

    Args:
        client: sends the requests.
        endpoint: the document.
        lock: of the document.
    """

    def __init__(self, client: HttpClient, endpoint: Endpoint, lock: HttpLock) -> None:
        self._client = client
        self._endpoint = endpoint
        self._lock = lock

    def location(self, name: str) -> str:
        """Return the address, without what gives access."""
        other = None if name == self._endpoint.name else self._endpoint.sibling(name)
        return (other or self._endpoint).place

    def list_blobs(self, prefix: str) -> list[BlobInfo]:
        """Return nothing: a server lists no documents, and no versions of them."""
        return []

    def exists(self, name: str) -> bool:
        """Return whether the document exists; no more than its beginning is read."""
        try:
            with self._get(self._endpoint.url) as response:
                if response.status_code in _NOTHING:
                    return False
                self._require_ok(response)
                return next(response.iter_content(1), b"") != b""
        except RequestException as error:
            raise self._unreadable(error) from error

    def read(self, name: str) -> Blob:
        """Return the content of the document, and its digest."""
        data = self.read_from(self._endpoint.url)
        if not data:
            raise StateNotFoundError(
                f"there is no state at {self._endpoint.place}; sync a project and save "
                "it first"
            )
        return Blob(data, _digest(data))

    def read_from(self, url: str) -> bytes:
        """Return what is at a URL beside the document; nothing if it does not exist.

        Raises:
            StateReadError: if it cannot be read.
        """
        try:
            with self._get(url) as response:
                if response.status_code in _NOTHING:
                    return b""
                self._require_ok(response)
                data = body_of(response)
        except RequestException as error:
            raise self._unreadable(error) from error
        promised = response.headers.get("Content-MD5", "")
        if promised and promised != content_md5(data):
            raise StateReadError(
                f"cannot read {self._endpoint.place}: what arrived is not what the "
                "server sent (Content-MD5 differs). Try again"
            )
        return data

    def copy(self, name: str, target: str) -> bool:
        """Copy the document to another name on the server, if its addresses allow it.

        No other document is overwritten.
        """
        endpoint = self._endpoint.sibling(target)
        if endpoint is None:
            raise StateWriteError(
                f"cannot copy {self._endpoint.place} on its server, since where the "
                "copy would be locked is unknown. Copy the state to a file: "
                "dataiku-iac state migrate"
            )
        lock = HttpLock(self._client, endpoint, self._lock.name)
        other = HttpStore(self._client, endpoint, lock)
        try:
            data = self.read(name).data
            with lock.hold("copy a state", _COPY_TIMEOUT):
                if other.exists(target):
                    return False
                other.put(data)
        except StateReadError as error:
            raise StateWriteError(f"{error}, so it cannot be copied") from error
        return True

    def write(self, name: str, data: bytes, expected: str | None) -> str:
        """Replace the document if it has the digest; call it under the lock."""
        if expected is not None and self._stored(name).token != expected:
            raise StateConflictError(f"{self._endpoint.place} has changed")
        self.put(data)
        return _digest(data)

    def put(self, data: bytes) -> None:
        """Replace the document, whatever it is; call it under the lock.

        Raises:
            StateLockedError: if the lock was taken away.
            StateWriteError: if it could not be stored.
        """
        place = self._endpoint.place
        cause, lost = None, None
        try:
            response = self._client.send(
                self._endpoint.update_method,
                self._endpoint.url,
                body=data,
                lock_id=self._lock.lock_id,
            )
        except RequestException as error:
            cause, problem = error, failure(error)
        else:
            if response.status_code in _STORED:
                return
            problem = refusal(response)
            if response.status_code in HELD:
                lost = holder_in(response, self._lock.name)
        outcome = self._outcome(data)
        if outcome is None:
            return
        if lost is not None:
            raise StateLockedError(
                f"cannot write {place}: its lock was taken away, and is held by {lost} "
                f"now{outcome}. Load the stored state, make the change again, and save"
            )
        raise StateWriteError(f"cannot write {place}: {problem}{outcome}") from cause

    def remove(self, name: str) -> None:
        """Remove the document."""
        place = self._endpoint.place
        try:
            if not self.exists(name):
                raise StateNotFoundError(f"there is no state at {place}")
        except StateReadError as error:
            raise StateWriteError(f"{error}, so it was not removed") from error
        try:
            response = self._client.send(
                "DELETE", self._endpoint.url, lock_id=self._lock.lock_id
            )
        except RequestException as error:
            raise StateWriteError(f"cannot remove {place}: {failure(error)}") from error
        if response.status_code in HELD:
            holder = holder_in(response, self._lock.name)
            raise StateLockedError(f"cannot remove {place}: it is locked by {holder}")
        if response.status_code not in (*_STORED, 202, 404):  # 404: that of a retry.
            raise StateWriteError(f"cannot remove {place}: {refusal(response)}")

    @contextmanager
    def lock(self, name: str, reason: str | None, timeout: float) -> Iterator[None]:
        """Keep others from writing the document, on whatever machine they are."""
        with self._lock.hold(reason or "", timeout):
            yield

    def _outcome(self, data: bytes) -> str | None:
        """Find out what a request that failed has done.

        A server may store something and answer with an error, also a retry of what it
        has stored already.

        Returns:
            ``None`` if the document is what was written; else a part of a message.
        """
        try:
            stored = self.read_from(self._endpoint.url)
        except StateReadError:
            return ". Whether it was stored is unknown"
        return None if stored == data else ". The previous state is unchanged"

    def _get(self, url: str) -> Response:
        """Return the response without its body."""
        return self._client.send("GET", url, stream=True)

    def _require_ok(self, response: Response) -> None:
        if response.status_code != 200:
            place = self._endpoint.place
            raise StateReadError(f"cannot read {place}: {refusal(response)}")

    def _unreadable(self, error: RequestException) -> StateReadError:
        return StateReadError(f"cannot read {self._endpoint.place}: {failure(error)}")


class HttpJournalStore(HttpStore):
    """A document with lines in it, for servers that take no other one than JSON.

    It has a serial, which GitLab asks of each document.
    """

    def read(self, name: str) -> Blob:
        """Return the lines, and the digest of the document."""
        data, token = super().read(name)
        return Blob(self._opened(data)[1], token)

    def write(self, name: str, data: bytes, expected: str | None) -> str:
        """Replace the lines if the document has the expected digest."""
        serial, _, token = self._found()
        if expected not in (None, token):
            raise StateConflictError(f"{self._endpoint.place} has changed")
        return self._put_lines(serial, data)

    def append(self, name: str, data: bytes) -> None:
        """Add lines; call it under the lock."""
        serial, lines, _ = self._found()
        self._put_lines(serial, lines[: lines.rfind(b"\n") + 1] + data)

    def _put_lines(self, serial: int, lines: bytes) -> str:
        document = {"serial": serial + 1, "journal": lines.decode("utf-8")}
        data = json.dumps(document).encode("ascii")
        self.put(data)
        return _digest(data)

    def _found(self) -> tuple[int, bytes, str]:
        """Return serial, lines and token; those of nothing if there is no document."""
        try:
            data = self.read_from(self._endpoint.url)
            if not data:
                return 0, b"", ABSENT
            return *self._opened(data), _digest(data)
        except (StateCorruptedError, StateReadError) as error:
            raise StateWriteError(f"{error}, so nothing was added to it") from error

    def _opened(self, data: bytes) -> tuple[int, bytes]:
        try:
            document = json.loads(data)
            return int(document["serial"]), document["journal"].encode("utf-8")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StateCorruptedError(
                f"{self._endpoint.place} is not a journal: it is no JSON object with "
                "serial and journal"
            ) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
