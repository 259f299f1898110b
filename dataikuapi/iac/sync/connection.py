"""Clones a client, with timeouts, retries and a session of its own."""

import copy
import re
from collections import OrderedDict
from typing import Any
from urllib.parse import urljoin, urlsplit

from dataikuapi.dssclient import DSSClient
from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter

from dataikuapi.iac.sync.error_response import (
    ErrorResponse,
    ForeignResponseError,
    is_by_dss,
)
from dataikuapi.iac.sync.gate import ResponseGate
from dataikuapi.iac.sync.limits import Budget, read_body
from dataikuapi.iac.sync.policy import ReadRetry, RetryPolicy
from dataikuapi.iac.sync.shared_responses import SharedResponses
from dataikuapi.iac.sync.sockets import SocketTracker
from dataikuapi.iac.types.secrets import mask_text

__all__ = ["address_of", "clone_client", "describe_host"]

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://|)[^/?#]*@")


def clone_client(
    client: DSSClient,
    policy: RetryPolicy,
    sockets: SocketTracker | None = None,
    shared: SharedResponses | None = None,
) -> DSSClient:
    """Return a client that times out, retries, and raises errors with their status.

    The client of dataikuapi has no timeout, and keeps only the text of an error. The
    caller's own is not changed: the clone has a session of its own, with the same
    credentials, certificates and proxies. Sessions are not guaranteed to be
    thread-safe, so each thread needs a clone.

    Args:
        client: is not changed.
        policy: its timeouts and retries.
        sockets: tracks its connections.
        shared: responses that it shares with other clones.
    """
    own = copy.copy(client)
    own.host = client.host.rstrip("/")  # The client appends "/dip".
    own._session = session = _copied(client._session)
    budget = policy.budget()
    for prefix, adapter in list(session.adapters.items()):
        if isinstance(adapter, HTTPAdapter):
            adapter.max_retries = ReadRetry.of(policy, budget)
            (sockets or SocketTracker()).track(adapter, budget)
        session.mount(prefix, _TimeoutAdapter(adapter, policy, budget))
    _start_with_each_call(session, budget)
    check = _ResponseCheck(session)
    session.hooks["response"].append(check)
    ResponseGate.close(own, check.is_by_dss, shared or SharedResponses())
    return own


def _start_with_each_call(session: Session, budget: Budget) -> None:
    """Start the budget with each request that is not a retry or a redirect."""
    request = session.request

    def start_and_request(*args: Any, **options: Any) -> Response:
        budget.start()
        return request(*args, **options)

    setattr(session, "request", start_and_request)


def describe_host(client: DSSClient) -> str:
    """Return the address for messages, without a user name or a secret."""
    if not hasattr(client, "host"):  # A mock with a spec has no instance attributes.
        return "DSS"
    host = _USER.sub(r"\1", str(client.host))
    return f"DSS at {mask_text(host)}"


def address_of(client: DSSClient) -> str:
    """Return the URL by which a DSS is recognized, without user or query."""
    url = urlsplit(str(client.host))
    host = url.netloc.rpartition("@")[2].lower()
    return f"{url.scheme}://{host}{url.path}".rstrip("/")


def _copied(session: Session) -> Session:
    """Return a session that shares no connection or setting with the original."""
    fresh = copy.copy(session)
    for name in ("headers", "cookies", "proxies", "params"):
        # Not copy.copy(), which shares the dict inside a CaseInsensitiveDict.
        setattr(fresh, name, getattr(session, name).copy())
    fresh.hooks = {event: list(hooks) for event, hooks in session.hooks.items()}
    fresh.adapters = OrderedDict(
        (prefix, copy.copy(adapter)) for prefix, adapter in session.adapters.items()
    )
    return fresh


class _ResponseCheck:
    """Checks each response before the client does, which drops status and headers.

    Args:
        session: whose responses they are.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_by_dss = True

    def is_by_dss(self) -> bool:
        """Return whether the last response came from DSS."""
        return self._is_by_dss

    def __call__(self, response: Response, **_: Any) -> None:
        """Raise an error response, with its status, or a redirect to another host."""
        self._is_by_dss = is_by_dss(response)
        target = self._session.get_redirect_target(response)
        if target is not None:
            self._require_same_host(response.url, urljoin(response.url, target))
        if response.status_code >= 400:
            raise ErrorResponse.of_response(response)

    def _require_same_host(self, url: str, target: str) -> None:
        """Refuse a redirect to where requests does not send the API key."""
        is_another: Any = self._session.should_strip_auth  # Not typed.
        if is_another(url, target):
            parts = urlsplit(target)
            host = parts.netloc.rpartition("@")[2]
            raise ForeignResponseError(f"{parts.scheme}://{host}")


class _TimeoutAdapter(BaseAdapter):
    """Sends through another adapter, such as one that the caller mounted."""

    def __init__(self, inner: BaseAdapter, policy: RetryPolicy, budget: Budget) -> None:
        super().__init__()
        self._inner = inner
        self._policy = policy
        self._budget = budget

    def send(  # type: ignore[override]  # The rest is passed on.
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        **kwargs: Any,
    ) -> Response:
        """Send the request and read the response; a timeout set by the caller stays.

        urllib3 retries until the headers arrive; a body that is cut off or stalls is
        retried here.
        """
        policy = self._policy
        timeout = timeout or (policy.connect_timeout, policy.read_timeout)
        failures = 0
        while True:
            response = self._inner.send(
                request, stream=stream, timeout=timeout, **kwargs
            )
            try:
                if not stream:
                    read_body(response, self._budget)
                return response
            except RequestException:
                failures += 1
                if not self._may_retry(request, failures):
                    raise
                policy.wait(failures)

    def _may_retry(self, request: PreparedRequest, failures: int) -> bool:
        is_left = failures <= self._policy.max_retries
        is_time = self._policy.backoff(failures) < self._budget.remaining
        return request.method == "GET" and is_left and is_time

    def close(self) -> None:
        """Close the connections of the other adapter."""
        self._inner.close()
