"""How is DSS called: with a time-out, and without touching the caller's client."""

import copy
from collections import OrderedDict
from typing import Any

from dataikuapi.dssclient import DSSClient
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

__all__ = ["TIME_OUT", "with_time_out"]

TIME_OUT = (10.0, 60.0)
"""Seconds to wait for a connection, and for each part of an answer."""


def with_time_out(client: DSSClient) -> DSSClient:
    """Return a client that gives up after :data:`TIME_OUT`.

    The client of dataikuapi waits for ever. The caller's own one is not changed: the
    copy has a session of its own, with the same credentials, certificates and proxies.

    Args:
        client: one that is no :class:`~dataikuapi.dssclient.DSSClient`, a mock say, is
            returned as it is.
    """
    if not issubclass(type(client), DSSClient):
        return client
    if any(isinstance(a, _TimeOutAdapter) for a in client._session.adapters.values()):
        return client
    patient = copy.copy(client)
    patient._session = _copied(client._session)
    for prefix, adapter in list(patient._session.adapters.items()):
        patient._session.mount(prefix, _TimeOutAdapter(adapter))
    return patient


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
