"""Requests to a server that keeps states, and what their failures mean."""

import base64
import hashlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import local
from typing import Any

from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import SSLError, Timeout
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as NoAnswerInTime
from urllib3.util import Retry

from dataikuapi.iac.backends.http_options import HttpOptions
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.files import PRIVATE

__all__ = ["HttpClient", "body_of", "content_md5", "failure", "refusal"]

_AGAIN = {429, *range(500, 600)} - {501}
"""Statuses after which Terraform sends a request again, too."""

_PEM = "-----BEGIN"

_ADVICE = {
    401: "does not accept the credentials (401): set TF_HTTP_USERNAME and "
    "TF_HTTP_PASSWORD, or DATAIKU_IAC_HTTP_TOKEN",
    403: "does not allow that with these credentials (403)",
    404: "does not have that address (404)",
    405: "does not know that method (405): see update_method, lock_method and "
    "unlock_method",
    413: "does not accept that much (413): raise its limit",
}


class HttpClient:
    """Sends requests, with the credentials and retries of its options.

    Redirects are not followed: a POST would become a GET, and headers with a token
    would go wherever the server says.

    Args:
        options: of the connection.

    Raises:
        ConfigurationError: if a certificate or a key cannot be read.
    """

    def __init__(self, options: HttpOptions) -> None:
        self._options = options
        self._tls = _tls_context(options)
        self._sessions = local()  # A session is not promised to be safe in threads.

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        lock_id: str = "",
        stream: bool = False,
    ) -> Response:
        """Send a request, again if need be, and return the response.

        Args:
            method: of the request.
            url: that is sent to.
            body: a JSON document.
            lock_id: of the lock under which something is stored or removed.
            stream: do not read the body of the response yet.

        Raises:
            RequestException: if no response came; see :func:`failure`.
        """
        headers = {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-MD5"] = content_md5(body)
        return self._session().request(
            method,
            url,
            params={"ID": lock_id} if lock_id else None,
            data=body,
            headers=headers,
            timeout=self._options.timeout,
            allow_redirects=False,
            stream=stream,
            # Not told to the session: there, REQUESTS_CA_BUNDLE would override it.
            verify=False if self._options.skip_cert_verification else None,
        )

    def _session(self) -> Session:
        found = getattr(self._sessions, "session", None)
        if found is None:
            found = self._sessions.session = self._new_session()
        return found

    def _new_session(self) -> Session:
        options, session = self._options, Session()
        session.headers.update(options.headers or {})
        if options.token:
            session.headers["Authorization"] = f"Bearer {options.token}"
        if options.username is not None:
            password = options.password or ""
            session.auth = HTTPBasicAuth(
                options.username.encode("utf-8"), password.encode("utf-8")
            )
        elif "Authorization" in session.headers:
            session.auth = _unchanged  # Else what .netrc has would replace it.
        retries = Retry(
            total=2 if options.retry_max is None else options.retry_max,
            backoff_factor=_or(options.retry_wait_min, 1.0),
            backoff_max=_or(options.retry_wait_max, 30.0),
            status_forcelist=_AGAIN,
            allowed_methods=None,  # Each request may be repeated, by design.
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        has_own_authorities = options.client_ca_certificate_pem is not None
        adapter = _Adapter(self._tls, has_own_authorities, max_retries=retries)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


def body_of(response: Response) -> bytes:
    """Read the body of a streamed response at once; requests does so by 10 kB.

    Raises:
        RequestException: if not all of it arrives; see :func:`failure`.
    """
    try:
        data: bytes = response.raw.read(decode_content=True)
    except HTTPError as error:
        raise NoConnectionError(error) from error
    return data


def failure(error: RequestException) -> str:
    """Say why no response came, without a URL, which may have a query."""
    causes = list(_causes(error))
    if any(isinstance(each, Timeout | NoAnswerInTime) for each in causes):
        return "the server did not respond in time"
    of_system = (each.strerror for each in causes if isinstance(each, OSError))
    detail = next(filter(None, of_system), type(error).__name__)
    if isinstance(error, SSLError):
        return f"no trusted connection to the server ({detail})"
    if isinstance(error, NoConnectionError):
        return f"no connection to the server, or it broke ({detail})"
    return f"the response could not be read ({type(error).__name__})"


def refusal(response: Response) -> str:
    """Say what a response means that is not the one hoped for."""
    status = response.status_code
    if 300 <= status < 400:
        return f"the server redirects elsewhere ({status}): use the address it has now"
    reason = _ADVICE.get(status, f"answered {status} {response.reason or ''}".rstrip())
    return f"the server {reason}"


def content_md5(data: bytes) -> str:
    """Return the value of the header Content-MD5; it is no protection of anything."""
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


class _Adapter(HTTPAdapter):
    """Uses certificates that are no files.

    Args:
        context: has the certificate of the client, and maybe authorities.
        has_own_authorities: whether no others are trusted.
        options: of the base class.
    """

    def __init__(
        self, context: ssl.SSLContext | None, has_own_authorities: bool, **options: Any
    ) -> None:
        self._context = context
        self._has_own_authorities = has_own_authorities
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make connections with the certificates, if there are some."""
        if self._context is not None:
            options["ssl_context"] = self._context
        super().init_poolmanager(*arguments, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Make connections through a proxy with the certificates, too."""
        if self._context is not None:
            options["ssl_context"] = self._context
        return super().proxy_manager_for(proxy, **options)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Trust the usual authorities only if there are none of our own."""
        if verify is False or not self._has_own_authorities:
            set_up: Any = super().cert_verify
            set_up(conn, url, verify, cert)


def _tls_context(options: HttpOptions) -> ssl.SSLContext | None:
    authorities = options.client_ca_certificate_pem
    certificate, key = options.client_certificate_pem, options.client_private_key_pem
    if not authorities and not certificate:
        return None
    context = (
        ssl.create_default_context() if not authorities else _trusting(authorities)
    )
    if options.skip_cert_verification:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        with TemporaryDirectory() as folder:  # Readable by this user alone.
            chain, private = Path(folder, "chain"), Path(folder, "key")
            chain.write_text(_pem(certificate), "ascii")
            private.touch(PRIVATE.mode)
            private.write_text(_pem(key or certificate), "ascii")
            try:
                context.load_cert_chain(chain, private, password=lambda: "")
            except (ssl.SSLError, OSError) as error:
                raise ConfigurationError(
                    "client_certificate_pem and client_private_key_pem are not a "
                    "certificate with its key, without a passphrase, as PEM"
                ) from error
    return context


def _trusting(authorities: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=_pem(authorities))
    except ssl.SSLError as error:
        raise ConfigurationError(
            "client_ca_certificate_pem is not a certificate as PEM"
        ) from error


def _pem(text_or_path: str) -> str:
    if _PEM in text_or_path:
        return text_or_path
    try:
        return Path(os.path.expanduser(text_or_path)).read_text("ascii")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "a certificate or key is neither PEM nor the path of a file that can be "
            "read"
        ) from error


def _unchanged(request: PreparedRequest) -> PreparedRequest:
    return request


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what lies behind it, as requests and urllib3 wrap it."""
    following: object = error
    while isinstance(following, BaseException):
        yield following
        inner = getattr(following, "reason", None) or next(iter(following.args), None)
        following = inner if isinstance(inner, BaseException) else following.__cause__
