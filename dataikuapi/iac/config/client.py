"""Makes the client of a connection."""

from pathlib import Path
from typing import Any, ClassVar

from dataikuapi.dssclient import DSSClient
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from dataikuapi.iac.config.connection import Connection
from dataikuapi.iac.config.model import Tls
from dataikuapi.iac.exceptions import ConfigurationError

__all__ = ["open_client"]


def open_client(connection: Connection) -> DSSClient:
    """Return a client of DSS; nothing is requested yet.

    Raises:
        ConfigurationError: if a certificate file is missing.
    """
    if connection.client is not None:
        return connection.client
    tls = connection.tls
    for path in (tls.ca_file, tls.client_certificate, tls.client_key):
        if path is not None and not path.exists():
            raise ConfigurationError(f"no file {path}: check the TLS settings")
    # In the session: version 12 of the client takes no such arguments.
    client = DSSClient(connection.host, connection.api_key)
    client._session.cert = _client_certificate(tls)
    verify = False if tls.no_check_certificate else tls.ca_file
    if verify is not None:
        client._session.verify = str(verify) if verify else False
        client._session.mount("https://", _VerifyAdapter(verify))
    return client


def _client_certificate(tls: Tls) -> str | tuple[str, str] | None:
    if tls.client_certificate is None or tls.client_key is None:
        return str(tls.client_certificate) if tls.client_certificate else None
    return str(tls.client_certificate), str(tls.client_key)


class _VerifyAdapter(HTTPAdapter):
    """Checks certificates as configured.

    Version 12 of the client leaves it to requests, where ``REQUESTS_CA_BUNDLE``
    overrides the setting of a session.
    """

    # What copy.copy() keeps. requests' stubs do not know that it belongs to the class.
    __attrs__: ClassVar = [*HTTPAdapter.__attrs__, "_verify"]  # type: ignore[misc]

    def __init__(self, verify: Path | bool) -> None:
        self._verify = str(verify) if isinstance(verify, Path) else verify
        super().__init__()

    def send(
        self, request: PreparedRequest, *arguments: Any, **options: Any
    ) -> Response:
        """Send the request, whatever it says of certificates."""
        return super().send(request, *arguments, **{**options, "verify": self._verify})
