"""What did DSS answer instead of what it was asked for?"""

from typing import Any

from dataikuapi.utils import DataikuException
from requests import Response

__all__ = ["ErrorResponse"]

_EXCEPTIONS = "com.dataiku.dip.exceptions."


class ErrorResponse(DataikuException):  # type: ignore[misc]  # untyped client
    """An error answer, taken apart.

    Args:
        status: of HTTP; ``None`` where the client has dropped it.
        error_type: the Java class that DSS names; "" if the answer is not DSS's.
        message: what DSS says of it.
    """

    def __init__(self, status: int | None, error_type: str, message: str) -> None:
        super().__init__(f"{error_type or 'Unknown error'}: {message}")
        self.status = status
        self.error_type = error_type
        self.message = message

    @classmethod
    def of_response(cls, response: Response) -> "ErrorResponse":
        """Take the body apart: JSON with an ``errorType``, or something foreign."""
        try:
            body: Any = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            body = {}
        message = body.get("detailedMessage") or body.get("message") or ""
        return cls(response.status_code, str(body.get("errorType", "")), str(message))

    @classmethod
    def of_exception(cls, error: DataikuException) -> "ErrorResponse":
        """Take the text apart in which the client renders an error answer.

        That is ``<errorType>: <message>``, and ``Unknown error: <page>`` for a body
        that is no JSON; the status is lost.
        """
        if isinstance(error, cls):
            return error
        error_type, _, message = str(error).partition(": ")
        foreign = error_type == "Unknown error" or "." not in error_type
        return cls(None, "" if foreign else error_type, message)

    @property
    def is_dss(self) -> bool:
        """Whether it is an error that DSS itself reports."""
        return bool(self.error_type)

    @property
    def is_bad_key(self) -> bool:
        """Whether DSS does not know the API key."""
        return self.error_type == f"{_EXCEPTIONS}NotAuthenticatedException"

    @property
    def is_missing(self) -> bool:
        """Whether DSS says that the object does not exist.

        Some releases wrap that in the exception for missing rights.
        """
        name = f"{_EXCEPTIONS}NotFoundException"
        return self.error_type == name or self.is_forbidden and name in self.message

    @property
    def is_forbidden(self) -> bool:
        """Whether DSS says that the key has not the rights.

        It says so too of a project that does not exist.
        """
        return self.error_type == f"{_EXCEPTIONS}UnauthorizedException"
