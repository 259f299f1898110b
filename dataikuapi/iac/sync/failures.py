"""Explains why there was no response: the cause, and what to do about it."""

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException

import requests
from dataikuapi.dssclient import DSSClient
from requests.exceptions import InvalidProxyURL
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from dataikuapi.iac.sync.origins import modules_of

__all__ = ["Failure", "can_succeed_later", "explain", "is_timeout"]

_INVALID_URL = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)

_TLS_RECORD = re.compile(r"^['\"]?(\x15\x03|\\x15\\x03)")
"""What a server that speaks TLS responds to a request without it."""

_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: (4\d\d.*)")


@dataclass(frozen=True)
class Failure:
    """Why there was no response.

    Args:
        cause: the innermost cause; the errors around it only repeat the URL.
        next_step: what to do.
        no_connection: whether no connection could be made at all.
    """

    cause: str
    next_step: str = "Check the URL, the network, and that DSS is running"
    no_connection: bool = False


def explain(client: DSSClient, error: OSError) -> Failure:
    """Return why a request failed.

    Args:
        client: that made the request.
        error: what requests raised; also an OSError for a file with certificates.
    """
    if isinstance(error, requests.exceptions.ProxyError | InvalidProxyURL):
        return _explain_proxy(client, error)
    if isinstance(error, _INVALID_URL):
        cause = "not a valid URL, such as https://dss.example.com:11200"
        return Failure(cause, no_connection=True)
    if not isinstance(error, requests.RequestException):
        return Failure(str(error), _CHECK_CERTIFICATE_FILES, no_connection=True)
    return _explain_connection(error)


_CHECK_CERTIFICATE_FILES = (
    "Check the path: it is in REQUESTS_CA_BUNDLE, in CURL_CA_BUNDLE, or set on the "
    "client's session"
)


def _explain_connection(error: requests.RequestException) -> Failure:
    innermost = list(_causes(error))[-1]
    if isinstance(innermost, ssl.SSLCertVerificationError):
        return Failure(
            f"its TLS certificate is not valid here: {innermost.verify_message}",
            "Check the host name in the URL and the certificate; for one signed by "
            "your own authority, set REQUESTS_CA_BUNDLE to that authority's file",
            no_connection=True,
        )
    if isinstance(innermost, ssl.SSLError):
        return Failure(
            f"the TLS connection failed: {innermost.reason or innermost} "
            f"[{innermost.library or 'SSL'}]",
            "Check that this port serves https",
            no_connection=not can_succeed_later(error),
        )
    if _speaks_tls(innermost):
        cause = "the port serves https, and the URL says http"
        return Failure(cause, "Use https://", no_connection=True)
    last = error.args[0] if error.args else None
    is_refused = isinstance(getattr(last, "reason", last), NewConnectionError)
    return Failure(_text_of(innermost), no_connection=is_refused)


def _explain_proxy(client: DSSClient, error: requests.RequestException) -> Failure:
    innermost = list(_causes(error))[-1]
    refused = _REFUSED_TUNNEL.search(str(innermost))
    cause = refused[1] if refused else _text_of(innermost)
    return Failure(
        f"the proxy {_proxy_of(client)} failed: {cause}",
        "Check the proxy, in HTTPS_PROXY, HTTP_PROXY or on the client's session; "
        "NO_PROXY names hosts that need none",
        no_connection=True,
    )


def _proxy_of(client: DSSClient) -> str:
    """Return the address of the proxy, without a user name and password."""
    url = str(client.host)
    settings = client._session.merge_environment_settings(url, {}, None, None, None)
    proxy = select_proxy(url, settings["proxies"]) or ""
    return proxy.rpartition("@")[2].rpartition("://")[2] or "in between"


def is_timeout(error: requests.RequestException) -> bool:
    """Return whether there was no response in time; requests wraps and hides that."""
    if isinstance(error, requests.Timeout):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", inner), ReadTimeoutError)


def can_succeed_later(error: BaseException, attempts: int = 0) -> bool:
    """Return whether a request that failed in this way may succeed when retried.

    Args:
        error: why it failed.
        attempts: how many attempts have failed before.
    """
    innermost = list(_causes(error))[-1]
    if isinstance(innermost, ssl.SSLError):
        return isinstance(innermost, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    if isinstance(innermost, socket.gaierror):  # A name server may fail for a moment.
        return innermost.errno != socket.EAI_NONAME or attempts == 0
    if isinstance(innermost, FileNotFoundError | PermissionError | UnicodeError):
        return False
    return not (_speaks_tls(innermost) or _REFUSED_TUNNEL.search(str(innermost)))


def _speaks_tls(error: BaseException) -> bool:
    return bool(_TLS_RECORD.match(str(error)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it was raised from, the innermost last.

    Not what whoever makes the request is handling: that is a context, too.
    """
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        context = cause.__context__
        inner = context if context and _is_of_request(context) else None
        cause = cause.__cause__ or inner or _argument(cause)


def _is_of_request(error: BaseException) -> bool:
    """Return whether an error was raised while a request was made."""
    return isinstance(error, _TRANSPORT_ERRORS) and any(
        name.partition(".")[0] in _LIBRARIES for name in modules_of(error)
    )


_LIBRARIES = ("requests", "urllib3")
_TRANSPORT_ERRORS = (OSError, HTTPException, HTTPError, UnicodeError)
"""What is raised where a request cannot be made, or not be answered."""


def _argument(error: BaseException) -> BaseException | None:
    """Return an error inside another's arguments; urllib3 does not always chain."""
    return next((arg for arg in error.args if isinstance(arg, BaseException)), None)


def _text_of(error: BaseException) -> str:
    reason = getattr(error, "strerror", None)
    return str(reason) if reason else type(error).__name__
