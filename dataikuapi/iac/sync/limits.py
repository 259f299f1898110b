"""Bounds the time and the size of responses, however they are sent.

A timeout of a socket starts again with each byte, and a compressed body says nothing of
its size. So each read of a connection is checked here, also those of headers, of
chunks, and of bodies that urllib3 discards.
"""

from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any, ClassVar

from requests import Response

__all__ = ["BoundedHTTPResponse", "Budget", "ResponseTooLargeError", "read_body"]

_HEADERS_BYTES = 1 << 20
"""Added to the limit for headers and framing."""

_CHUNK_BYTES = 1 << 14
"""How much is decoded at a time, at most to a thousand times as much."""


class ResponseTooLargeError(Exception):
    """A response that is larger than allowed."""


class Budget:
    """What one call of a client may still take, including retries and redirects.

    Args:
        seconds: for the whole call.
        max_bytes: for each response, decoded.
        clock: returns seconds.
    """

    def __init__(
        self, seconds: float, max_bytes: int, clock: Callable[[], float]
    ) -> None:
        self.seconds = seconds
        self.max_bytes = max_bytes
        self._clock = clock
        self.start()

    def start(self) -> None:
        """Begin a call."""
        self._end = self._clock() + self.seconds

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; not positive after it."""
        return self._end - self._clock()


class BoundedHTTPResponse(HTTPResponse):
    """An HTTP response that is read within a budget, which a subclass sets."""

    budget: ClassVar[Budget]

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = BufferedReader(_BoundedReader(self.fp.detach(), sock, self.budget))


class _BoundedReader(RawIOBase):
    """Reads from a socket's file, with a deadline and a limit."""

    def __init__(self, raw: RawIOBase, sock: Any, budget: Budget) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._budget = budget
        self._bytes_left = budget.max_bytes + _HEADERS_BYTES

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read once from the socket, for no longer than until the deadline.

        Raises:
            TimeoutError: if nothing arrived in time, or the deadline is over.
            OSError: if there are more bytes than allowed.
        """
        remaining, timeout = self._budget.remaining, self._sock.gettimeout()
        if remaining <= 0:
            raise TimeoutError(f"deadline of {self._budget.seconds:g} s")
        if timeout is None or remaining < timeout:
            self._sock.settimeout(remaining)
        try:
            count = self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(timeout)
        self._bytes_left -= count or 0
        if self._bytes_left < 0:
            raise OSError(f"more than {self._budget.max_bytes} bytes")
        return count

    def fileno(self) -> int:
        """Return the file descriptor of the socket."""
        return self._raw.fileno()

    def close(self) -> None:
        """Close the socket's file."""
        self._raw.close()
        super().close()


def read_body(response: Response, budget: Budget) -> None:
    """Read and cache the body of a response, decoded.

    Raises:
        ResponseTooLargeError: if it is larger than allowed.
        RequestException: if it could not be read.
    """
    raw = response.raw
    response.raw = _LimitedStream(raw, budget.max_bytes)
    try:
        response.content  # noqa: B018  # Reads and caches the body.
    finally:
        response.raw = raw


class _LimitedStream:
    """The raw response of urllib3, as far as requests reads a body from it."""

    def __init__(self, raw: Any, max_bytes: int) -> None:
        self._raw = raw
        self._max_bytes = max_bytes

    def stream(self, amt: int, decode_content: bool = True) -> Iterator[bytes]:
        """Yield the decoded body."""
        size = 0
        for chunk in self._raw.stream(_CHUNK_BYTES, decode_content=decode_content):
            size += len(chunk)
            if size > self._max_bytes:
                self._raw.close()
                raise ResponseTooLargeError
            yield chunk
