"""Parses the error responses of DSS."""

import re
from typing import Any

from dataikuapi.utils import DataikuException
from requests import Response

from dataikuapi.iac.console import printable
from dataikuapi.iac.types.secrets import mask_text

__all__ = ["ErrorResponse", "ForeignResponseError", "is_by_dss"]

_EXCEPTIONS = "com.dataiku.dip.exceptions."

_NOT_FOUND = 404

_NOT_LICENSED = re.compile(
    r"licen[cs]e (?:does not|doesn.t|do not)"
    r"|not (?:allowed|available|covered|enabled|included|permitted|supported)"
    r" (?:by|in|under|with) (?:the |this |your )?(?:current )?licen[cs]e",
    re.IGNORECASE,
)
"""What DSS says of a feature that its license lacks; the type of the error varies."""

_MAX_TYPE, _MAX_MESSAGE = 200, 10_000
"""Characters that are kept; less is quoted."""


def is_by_dss(response: Response) -> bool:
    """Return whether DSS sent a response: it puts its version in a header of each."""
    return "DSS-Version" in response.headers


class ForeignResponseError(Exception):
    """A response that is not from DSS.

    Args:
        redirects_to: the other host that it redirects to, if it does.
    """

    def __init__(self, redirects_to: str | None = None) -> None:
        super().__init__(redirects_to)
        self.redirects_to = redirects_to


class ErrorResponse(DataikuException):
    """An error response.

    Args:
        status: the HTTP status; ``None`` if the client has dropped it.
        error_type: the Java class that DSS names; empty if the response is not from
            DSS.
        message: the error message of DSS. Secrets in it are masked, and control
            characters and commands of CI runners escaped, since an exception ends up
            in logs.
    """

    def __init__(self, status: int | None, error_type: str, message: str) -> None:
        error_type = printable(mask_text(error_type[:_MAX_TYPE]))
        message = printable(mask_text(message[:_MAX_MESSAGE]))
        super().__init__(f"{error_type or 'Unknown error'}: {message}")
        self.status = status
        self.error_type = error_type
        self.message = message

    @classmethod
    def of_response(cls, response: Response) -> "ErrorResponse":
        """Parse a body: JSON of DSS with an ``errorType``, or not from DSS."""
        try:
            body: Any = response.json()
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or not is_by_dss(response):
            body = {}
        message = body.get("detailedMessage") or body.get("message") or ""
        return cls(response.status_code, str(body.get("errorType", "")), str(message))

    @classmethod
    def of_exception(cls, error: DataikuException) -> "ErrorResponse":
        """Parse the message of the client's exception, which lacks the status.

        It reads ``<errorType>: <message>``, or ``Unknown error: <page>`` for a body
        that is not JSON.
        """
        if isinstance(error, cls):
            return error
        error_type, _, message = str(error).partition(": ")
        is_dss = error_type != "Unknown error" and "." in error_type
        return cls(None, error_type if is_dss else "", message)

    @property
    def is_dss(self) -> bool:
        """Whether DSS itself reports the error."""
        return bool(self.error_type)

    @property
    def is_refusal(self) -> bool:
        """Whether DSS has refused a request, so that nothing of it was done."""
        return self.is_dss and self.status is not None and 400 <= self.status < 500

    @property
    def is_bad_key(self) -> bool:
        """Whether DSS does not accept the API key."""
        return self.error_type == f"{_EXCEPTIONS}NotAuthenticatedException"

    @property
    def is_missing(self) -> bool:
        """Whether DSS reports that the object does not exist.

        Some releases wrap that in the exception for missing permissions.
        """
        name = f"{_EXCEPTIONS}NotFoundException"
        return self.error_type == name or (self.is_forbidden and name in self.message)

    @property
    def is_unknown_path(self) -> bool:
        """Whether the server does not know the path, as DSS before it had a feature.

        That response is the HTML page of DSS's web server, not an error of DSS.
        """
        return self.status == _NOT_FOUND and not self.is_dss

    @property
    def is_not_licensed(self) -> bool:
        """Whether DSS reports that its license lacks a feature."""
        return self.is_dss and _NOT_LICENSED.search(self.message) is not None

    @property
    def may_lack_feature(self) -> bool:
        """Whether DSS may not have what was to be listed, rather than not return it.

        The Free edition responds to some listings as if the project did not exist.
        """
        return self.is_unknown_path or self.is_missing or self.is_not_licensed

    @property
    def is_forbidden(self) -> bool:
        """Whether DSS reports that the API key lacks a permission.

        It also does so for a project that does not exist.
        """
        return self.error_type == f"{_EXCEPTIONS}UnauthorizedException"
