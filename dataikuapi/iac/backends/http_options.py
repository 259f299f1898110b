"""How a state is reached over HTTP: addresses, methods, credentials, TLS, retries."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models.urls import without_credentials

__all__ = ["Endpoint", "HttpOptions", "read_options"]

_SECRET_PARAMETER = re.compile(
    r"key|password|secret|token|signature|^(code|sig)$", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORTS = {"http": 80, "https": 443}

_LOCKED_LIKE_GITLAB = "/terraform/state/"
"""Is in the addresses of GitLab and Gitea, which lock in ways of their own."""


class Endpoint(NamedTuple):
    """A document on a server, and how it is locked.

    Args:
        url: of the document, without user and password.
        lock_url: "" if it cannot be locked.
        unlock_url: "" if it cannot be locked.
        update_method: of the request that stores it.
        lock_method: of the request that locks it.
        unlock_method: of the request that unlocks it.
    """

    url: str
    lock_url: str
    unlock_url: str
    update_method: str
    lock_method: str
    unlock_method: str

    @property
    def place(self) -> str:
        """The address, as messages show it."""
        return without_credentials(self.url)

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.partition("?")[0].rstrip("/").rpartition("/")[2]

    @property
    def versions_url(self) -> str:
        """Where GitLab has its versions by serial; "" on other servers."""
        path, mark, query = self.url.partition("?")
        is_gitlab = _LOCKED_LIKE_GITLAB in path
        return f"{path.rstrip('/')}/versions/{{}}{mark}{query}" if is_gitlab else ""

    def sibling(self, name: str) -> "Endpoint | None":
        """Return the document of another name beside this one, locked as it is.

        Args:
            name: as the last part of its address. Its dots become hyphens if this one
                has none: older releases of GitLab drop what is after a dot.

        Returns:
            ``None`` if the address does not end with a name, or that of the lock is not
            made of it.
        """
        path, _, query = self.url.partition("?")
        locks = (self.lock_url, self.unlock_url)
        if query or not self.name or not all(map(str.startswith, locks, (path, path))):
            return None
        if "." not in self.name:
            name = name.replace(".", "-")
        other = f"{path.rstrip('/').rpartition('/')[0]}/{name}"
        lock, unlock = (other + each.removeprefix(path.rstrip("/")) for each in locks)
        return self._replace(url=other, lock_url=lock, unlock_url=unlock)


@dataclass(frozen=True)
class HttpOptions:
    """What can be told of a state over HTTP, with the names that Terraform has for it.

    What is not given is read from ``TF_HTTP_USERNAME`` and so on, as by Terraform. If
    ``TF_HTTP_ADDRESS`` names another state, only the variables that are not about
    addresses and methods are read; if it is on another server, none.

    Args:
        lock_address: Defaults to the address with ``/lock``, if the server is GitLab or
            Gitea; else the state can be read, but not saved.
        unlock_address: Defaults to the lock address.
        update_method: Defaults to ``POST``.
        lock_method: Defaults to ``POST`` for GitLab and Gitea, else to ``LOCK``.
        unlock_method: Defaults to ``DELETE`` for GitLab and Gitea, else to ``UNLOCK``.
        username: for basic authentication. Without one, ``.netrc`` is read.
        password: for basic authentication, often a token.
        token: for ``Authorization: Bearer``.
        headers: sent with each request, such as ``{"PRIVATE-TOKEN": ...}``.
        skip_cert_verification: accept any certificate of the server.
        client_ca_certificate_pem: certificates of the authorities that may have issued
            that of the server: PEM, or the path of a file.
        client_certificate_pem: certificate of this client: PEM, or the path of a file.
        client_private_key_pem: key of that certificate: PEM, or the path of a file.
        retry_max: how often a request is sent again after it could not be sent, or was
            answered with 429 or 5xx. Defaults to 2.
        retry_wait_min: seconds that grow from each retry to the next; the first one
            follows at once. Defaults to 1.
        retry_wait_max: the most seconds to wait for the next retry. Defaults to 30.
        timeout: seconds without a byte from the server before that is a failure.
        journal_address: of the document that keeps the journal of applies. Defaults to
            ``DATAIKU_IAC_HTTP_JOURNAL_ADDRESS``; without, there is no journal.
        journal_lock_address: see ``lock_address``.
    """

    lock_address: str | None = None
    unlock_address: str | None = None
    update_method: str | None = None
    lock_method: str | None = None
    unlock_method: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    skip_cert_verification: bool | None = None
    client_ca_certificate_pem: str | None = field(default=None, repr=False)
    client_certificate_pem: str | None = field(default=None, repr=False)
    client_private_key_pem: str | None = field(default=None, repr=False)
    retry_max: int | None = None
    retry_wait_min: float | None = None
    retry_wait_max: float | None = None
    timeout: float = 60.0
    journal_address: str | None = None
    journal_lock_address: str | None = None

    def endpoint(self, url: str) -> Endpoint:
        """Return the document at a URL, locked as these options say.

        Raises:
            ConfigurationError: if it is no URL of a document.
        """
        return self._endpoint(url, self.lock_address, self.unlock_address)

    @property
    def journal(self) -> Endpoint | None:
        """The document that keeps the journal; ``None`` if there is none.

        Raises:
            ConfigurationError: if its address is no URL of a document.
        """
        if not self.journal_address:
            return None
        lock = self.journal_lock_address
        return self._endpoint(self.journal_address, lock, None)

    def _endpoint(self, url: str, lock: str | None, unlock: str | None) -> Endpoint:
        url = _without_user(url)
        path, mark, query = url.partition("?")
        like_gitlab = _LOCKED_LIKE_GITLAB in path
        if not lock and like_gitlab:
            lock = f"{path.rstrip('/')}/lock{mark}{query}"
        lock = _without_user(lock) if lock else ""
        return Endpoint(
            url,
            lock,
            _without_user(unlock) if unlock else lock,
            self.update_method or "POST",
            self.lock_method or ("POST" if like_gitlab else "LOCK"),
            self.unlock_method or ("DELETE" if like_gitlab else "UNLOCK"),
        )


_ABOUT_THE_ADDRESS = {
    "lock_address",
    "unlock_address",
    "update_method",
    "lock_method",
    "unlock_method",
}
_OWN_NAMES = {
    "token": "DATAIKU_IAC_HTTP_TOKEN",
    "journal_address": "DATAIKU_IAC_HTTP_JOURNAL_ADDRESS",
    "journal_lock_address": "DATAIKU_IAC_HTTP_JOURNAL_LOCK_ADDRESS",
}
"""Variables for what Terraform does not have."""

_PARSERS: dict[str, Callable[[str], Any]] = {
    "retry_max": int,
    "retry_wait_min": float,
    "retry_wait_max": float,
    "skip_cert_verification": {"true": True, "1": True, "false": False, "0": False}.get,
}
_NOT_A_VARIABLE = {"headers", "timeout"}


def read_options(
    address: str, given: Mapping[str, Any], variables: Mapping[str, str]
) -> tuple[str, HttpOptions]:
    """Return the address of a state without user, and all options.

    Args:
        address: may have user and password.
        given: options.
        variables: of the environment.

    Raises:
        ConfigurationError: if one of them is not valid.
    """
    url, username, password = _split(address)
    if username is not None:
        given = {"username": username, "password": password or "", **given}
    options = HttpOptions(**given)
    found = {
        name: value
        for name, value in _from_variables(url, variables).items()
        if getattr(options, name) is None
    }
    if options.username is not None or options.token or options.headers:
        found.pop("username", None)
        found.pop("token", None)
        if options.username is None:
            found.pop("password", None)
    options = replace(options, **found)
    for name, value in (options.headers or {}).items():
        if _CONTROL.search(name + value) or value != value.strip():
            raise ConfigurationError(
                f"the value of header {name!r} begins or ends with white space, or has "
                "a control character, such as a line feed"
            )
    if options.token and _CONTROL.search(options.token):
        raise ConfigurationError("the token has a control character, or a line feed")
    return url, options


def _from_variables(url: str, variables: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    theirs = variables.get("TF_HTTP_ADDRESS")
    is_same_server = not theirs or _server(theirs) == _server(url)
    is_same_state = not theirs or _split(theirs)[0] == url
    for each in fields(HttpOptions):
        name = _OWN_NAMES.get(each.name, f"TF_HTTP_{each.name.upper()}")
        text = variables.get(name)
        if not text or each.name in _NOT_A_VARIABLE:
            continue
        if each.name not in _OWN_NAMES and not is_same_server:
            continue
        if each.name in _ABOUT_THE_ADDRESS and not is_same_state:
            continue
        try:
            value = _PARSERS.get(each.name, str)(text)
        except ValueError:
            value = None
        if value is None:
            raise ConfigurationError(f"{name} has no valid value: {text[:20]!r}")
        found[each.name] = value
    return found


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(_split(url)[0])
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _without_user(url: str) -> str:
    found, user, _ = _split(url)
    if user is not None:
        raise ConfigurationError(
            f"{without_credentials(url)} has a user: pass username and password"
        )
    return found


def _split(address: str) -> tuple[str, str | None, str | None]:
    """Return a URL without user and password, and these.

    Raises:
        ConfigurationError: if it is no URL of a document.
    """
    shown = without_credentials(address)
    try:
        parts = urlsplit(address)
        username, password, _ = parts.username, parts.password, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{shown} is not a URL") from error
    if parts.scheme.lower() not in _PORTS or not parts.hostname or parts.fragment:
        raise ConfigurationError(f"{shown} is not the URL of a document on a server")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if _SECRET_PARAMETER.search(name):
            raise ConfigurationError(
                f"{shown} has a secret in its query, which servers and proxies log: "
                "pass it as a header, or as username and password"
            )
    host = parts.netloc.rpartition("@")[2]
    url = parts._replace(scheme=parts.scheme.lower(), netloc=host).geturl()
    return url, username and unquote(username), password and unquote(password)
