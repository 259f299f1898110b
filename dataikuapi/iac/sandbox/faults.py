"""Faults to inject between a client and the sandbox.

Between a client and a real DSS there are networks, proxies and restarts. A fault
simulates what they do to one request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dataikuapi.iac.sandbox.responses import error_response

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
    """

    response: Response | None = None
    delay: float = 0.0
    resets: bool = False
    truncates: bool = False

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


_BEGINNING = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000")],
}


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
        if fault.truncates:
            await send(_BEGINNING)
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        await asyncio.sleep(fault.delay)
        if fault.resets or fault.truncates:
            # `send` is a method of uvicorn's request, which has the connection.
            getattr(send, "__self__").transport.close()
        else:
            await (fault.response or self.app)(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        for prefix in self.prefixes:
            path = path.removeprefix(prefix)
        return path
