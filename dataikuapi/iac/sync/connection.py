"""How is DSS called: with a time-out, and without touching the caller's client."""

import copy
from collections import OrderedDict
from typing import Any

from dataikuapi.dssclient import DSSClient
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from dataikuapi.iac.sync.refusals import Refusal

__all__ = ["TIME_OUT", "answered_by_dss", "host_of", "own_copy"]

TIME_OUT = (10.0, 60.0)
"""Seconds to wait for a connection, and for each part of an answer."""


def own_copy(client: DSSClient) -> DSSClient:
    """Return a client that gives up after :data:`TIME_OUT` and says why.

    The client of dataikuapi waits for ever, and of an error it keeps the text alone.
    The caller's own one is not changed: the copy has a session of its own, with the
    same credentials, certificates and proxies.

    Args:
        client: one that is no :class:`~dataikuapi.dssclient.DSSClient`, a mock say, is
            returned as it is; so is one that this function made.
    """
    if not issubclass(type(client), DSSClient) or _check_of(client) is not None:
        return client
    own = copy.copy(client)
    own.host = client.host.rstrip("/")  # The client would make "//dip" of it.
    own._session = _copied(client._session)
    for prefix, adapter in list(own._session.adapters.items()):
        own._session.mount(prefix, _TimeOutAdapter(adapter))
    own._session.hooks["response"].append(_AnswerCheck())
    return own


def host_of(client: DSSClient) -> str:
    """Return the address, for messages, without a user and password in it."""
    scheme, separator, rest = str(client.host).rpartition("://")
    return f"DSS at {scheme}{separator}{rest.rpartition('@')[2]}"


def answered_by_dss(client: DSSClient) -> bool:
    """Tell whether the last answer that the client got came from a DSS.

    Every answer of DSS has a header with its version. Where nobody looked, as with a
    client that is not a copy of ours, the answer is believed.
    """
    check = _check_of(client)
    return check is None or check.by_dss


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


def _check_of(client: DSSClient) -> "_AnswerCheck | None":
    if not issubclass(type(client), DSSClient):
        return None
    hooks = client._session.hooks["response"]
    return next((hook for hook in hooks if isinstance(hook, _AnswerCheck)), None)


class _AnswerCheck:
    """Looks at each answer before the client does, which drops status and headers."""

    def __init__(self) -> None:
        self.by_dss = True

    def __call__(self, response: Response, **_: Any) -> None:
        """Raise what DSS refused, with its status."""
        self.by_dss = "DSS-Version" in response.headers
        if response.status_code >= 400:
            raise Refusal.of_response(response)


class _TimeOutAdapter(BaseAdapter):
    """Sends through another adapter, which may be one that the caller mounted."""

    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self._inner = inner

    def send(
        self, request: PreparedRequest, *args: Any, timeout: Any = None, **kwargs: Any
    ) -> Response:
        """Send the request; a time-out that the caller set stays."""
        kwargs["timeout"] = TIME_OUT if timeout is None else timeout
        return self._inner.send(request, *args, **kwargs)

    def close(self) -> None:
        """Close the connections of the adapter behind."""
        self._inner.close()
