"""Faults to inject between a client and the sandbox.

Between a client and a real DSS there are networks, proxies and restarts, and beside it
there are other people. A fault simulates what they do to one request:

- before it is handled, so that nothing is stored: ``Fault.page(503)``;
- after it was stored, which the response does not say: ``Fault.reset().once_stored()``;
- somebody else's edit just before it is handled: ``Fault.meanwhile(edit)``.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataikuapi.iac.sandbox.responses import error_response, json_response
from dataikuapi.iac.sandbox.store import DSS_VERSION

_PAGE = "<!doctype html><html><body><h1>{status}</h1>nginx</body></html>"


@dataclass(frozen=True)
class Fault:
    """What happens to one request. Use the constructors below for the usual ones.

    Args:
        response: sent instead of the sandbox's own; None lets the request through.
        delay: seconds to wait first.
        resets: close the connection without a response.
        truncates: send the beginning of a response, wait for the delay, and close the
            connection.
        action: done first, in a thread of its own, so that it may send requests itself.
        stores: handle the request before all this, and keep the response.
    """

    response: Response | None = None
    delay: float = 0.0
    resets: bool = False
    truncates: bool = False
    action: Callable[[], object] | None = None
    stores: bool = False

    def once_stored(self) -> Fault:
        """Return this fault for a request that is handled, whatever the client gets."""
        return replace(self, stores=True)

    @classmethod
    def meanwhile(cls, action: Callable[[], object]) -> Fault:
        """Return the sandbox's own response, after somebody else has done something.

        Args:
            action: called between the receipt of the request and its handling. It may
                change the store, or send requests, which have faults of their own.
        """
        return cls(action=action)

    @classmethod
    def page(cls, status: int = 502, headers: Mapping[str, str] | None = None) -> Fault:
        """Return an HTML page, as a proxy sends it when DSS restarts."""
        body = _PAGE.format(status=status)
        return cls(Response(body, status, dict(headers or {}), "text/html"))

    @classmethod
    def text(cls, body: str, status: int = 200) -> Fault:
        """Return any body as if it were JSON, without the headers of DSS."""
        return cls(Response(body, status, {}, "application/json"))

    @classmethod
    def json(cls, value: Any) -> Fault:
        """Return any JSON with the headers of DSS."""
        return cls(json_response(value))

    @classmethod
    def redirect(cls, location: str) -> Fault:
        """Return a redirect, as a login page in front of DSS sends it."""
        return cls(Response(b"", 302, {"Location": location}))

    @classmethod
    def gzipped(cls, size: int, status: int = 200) -> Fault:
        """Return a JSON array of that many bytes, compressed to a thousandth."""
        body = gzip.compress(b"[" + b" " * (size - 2) + b"]")
        headers = {"Content-Encoding": "gzip", "DSS-Version": DSS_VERSION}
        return cls(Response(body, status, headers, "application/json"))

    @classmethod
    def endless(
        cls, chunk: bytes = b" ", pause: float = 0.0, status: int = 200
    ) -> Fault:
        """Send a response that never ends.

        Args:
            chunk: sent again and again.
            pause: seconds between them.
            status: HTTP status.
        """

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield chunk
                await asyncio.sleep(pause)

        return cls(StreamingResponse(chunks(), status, media_type="application/json"))

    @classmethod
    def error(cls, status: int, error_type: str, message: str) -> Fault:
        """Return an error of DSS; `error_type` is a Java class name."""
        return cls(error_response(status, error_type, message))

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """Return the sandbox's own response, but late."""
        return cls(delay=seconds)

    @classmethod
    def truncated(cls) -> Fault:
        """Send the beginning of a response and close the connection."""
        return cls(truncates=True)

    @classmethod
    def stalled(cls, seconds: float) -> Fault:
        """Send the beginning of a response, and close the connection later."""
        return cls(truncates=True, delay=seconds)

    @classmethod
    def reset(cls) -> Fault:
        """Close the connection without a response."""
        return cls(resets=True)


FaultPlan = Callable[[str, str], "Fault | None"]
"""From method and path, such as `/projects/SALES/datasets/`, to the fault, if any."""


def in_turn(method: str, path: str, *faults: Fault | None) -> FaultPlan:
    """Return a plan for some requests, one after the other; later ones go through.

    Args:
        method: of the requests; `*` for any.
        path: of the requests, as a pattern of :mod:`fnmatch`, such as
            `/projects/SALES/datasets/*`. A slash at its end makes no difference.
        *faults: the first is that of the first such request, and so on; None lets one
            through.
    """
    waiting = list(faults)

    def plan(of_method: str, of_path: str) -> Fault | None:
        wanted = fnmatchcase(of_method, method)
        if wanted and fnmatchcase(of_path.rstrip("/"), path.rstrip("/")) and waiting:
            return waiting.pop(0)
        return None

    return plan


_BEGINNING = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000")],
}


@dataclass
class _Kept:
    """The response to a request that was handled, to be sent later or never."""

    messages: list[Message] = field(default_factory=list)

    async def take(self, message: Message) -> None:
        """Take a part of the response."""
        self.messages.append(message)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        for message in self.messages:
            await send(message)


@dataclass
class FaultyApp:
    """The sandbox's application behind a plan of faults.

    Args:
        app: the application.
        prefixes: what is removed from a path before the plan sees it.
        plan: called for each request; None for no faults. May be replaced at any time.
    """

    app: ASGIApp
    prefixes: tuple[str, ...]
    plan: FaultPlan | None = field(default=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        fault = self.plan(scope["method"], self._path(scope)) if self.plan else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        if fault.action is not None:
            await asyncio.to_thread(fault.action)
        respond = fault.response or self.app
        if fault.stores:
            kept = _Kept()
            await self.app(scope, receive, kept.take)
            respond = fault.response or kept
        if fault.truncates:
            await send(_BEGINNING)
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        await asyncio.sleep(fault.delay)
        if fault.resets or fault.truncates:
            # `send` is a method of uvicorn's request, which has the connection.
            getattr(send, "__self__").transport.close()
        else:
            await respond(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        for prefix in self.prefixes:
            path = path.removeprefix(prefix)
        return path
