"""How is DSS called: patiently, and without touching the caller's client."""

import copy
from collections import OrderedDict
from typing import Any

from dataikuapi.dssclient import DSSClient
from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter

from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.policy import ReadRetry, RetryPolicy
from dataikuapi.iac.sync.sockets import SocketTracker

__all__ = ["clone_client", "describe_host", "is_dss_client", "last_response_from_dss"]


def is_dss_client(client: DSSClient) -> bool:
    """Tell whether it is the real client; a mock is used as it is.

    Not isinstance(), to which an autospecced mock lies.
    """
    return issubclass(type(client), DSSClient)


def clone_client(
    client: DSSClient, policy: RetryPolicy, sockets: SocketTracker | None = None
) -> DSSClient:
    """Return a client that gives up in time, tries again, and says why it failed.

    The client of dataikuapi waits for ever, and of an error it keeps the text alone.
    The caller's own one is not changed: the copy has a session of its own, with the
    same credentials, certificates and proxies. A session is not promised to be safe
    for threads, so each thread needs a copy.

    Args:
        client: one that is no :class:`~dataikuapi.dssclient.DSSClient`, a mock say, is
            returned as it is.
        policy: how patient it is.
        sockets: is told of each connection.
    """
    if not is_dss_client(client):
        return client
    own = copy.copy(client)
    own.host = client.host.rstrip("/")  # The client would make "//dip" of it.
    own._session = _copied(client._session)
    for prefix, adapter in list(own._session.adapters.items()):
        if isinstance(adapter, HTTPAdapter):
            adapter.max_retries = ReadRetry.of(policy)
            if sockets is not None:
                sockets.track(adapter)
        own._session.mount(prefix, _TimeoutAdapter(adapter, policy))
    own._session.hooks["response"].append(_ResponseCheck())
    return own


def describe_host(client: DSSClient) -> str:
    """Return the address, for messages, without a user and password in it."""
    scheme, separator, rest = str(client.host).rpartition("://")
    return f"DSS at {scheme}{separator}{rest.rpartition('@')[2]}"


def last_response_from_dss(client: DSSClient) -> bool:
    """Tell whether the last answer that the client got came from a DSS.

    Every answer of DSS has a header with its version. Where nobody looked, as with a
    client that is not a copy of ours, the answer is believed.
    """
    hooks = client._session.hooks["response"] if is_dss_client(client) else []
    return all(hook.by_dss for hook in hooks if isinstance(hook, _ResponseCheck))


def _copied(session: Session) -> Session:
    """Return a session that shares no connection and no setting with the original."""
    fresh = copy.copy(session)
    for name in ("headers", "cookies", "proxies", "params"):
        # Not copy.copy(): it would share what a CaseInsensitiveDict keeps inside.
        setattr(fresh, name, getattr(session, name).copy())
    fresh.hooks = {event: list(hooks) for event, hooks in session.hooks.items()}
    fresh.adapters = OrderedDict(
        (prefix, copy.copy(adapter)) for prefix, adapter in session.adapters.items()
    )
    return fresh


class _ResponseCheck:
    """Looks at each answer before the client does, which drops status and headers."""

    def __init__(self) -> None:
        self.by_dss = True

    def __call__(self, response: Response, **_: Any) -> None:
        """Raise what DSS refused, with its status."""
        self.by_dss = "DSS-Version" in response.headers
        if response.status_code >= 400:
            raise ErrorResponse.of_response(response)


class _TimeoutAdapter(BaseAdapter):
    """Sends through another adapter, which may be one that the caller mounted."""

    def __init__(self, inner: BaseAdapter, policy: RetryPolicy) -> None:
        super().__init__()
        self._inner = inner
        self._policy = policy

    def send(  # type: ignore[override]  # The rest is handed on as it is.
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        **kwargs: Any,
    ) -> Response:
        """Send the request and read the answer; a time-out that the caller set stays.

        urllib3 tries again until an answer begins. One that breaks off, or stalls, is
        asked for again here.
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
                    response.content  # Read now, and kept for whoever asks for it.
                return response
            except RequestException:
                failures += 1
                if request.method != "GET" or failures > policy.max_retries:
                    raise
                policy.wait(failures)

    def close(self) -> None:
        """Close the connections of the adapter behind."""
        self._inner.close()
