"""Whatever goes wrong when DSS is asked: which error of our tree is it?"""

import json
from collections.abc import Callable
from typing import TypeVar

import requests
from dataikuapi.dssclient import DSSClient
from dataikuapi.utils import DataikuException
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSAuthenticationError,
    DSSError,
    DSSPermissionError,
    DSSTimeoutError,
    DSSUnreachableError,
    InvalidResponseError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    UnexpectedResponseError,
)
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.sync.connection import describe_host, last_response_from_dss
from dataikuapi.iac.sync.error_response import ErrorResponse

__all__ = ["ask"]

T = TypeVar("T")

_QUOTED = 200
"""How many characters of what DSS says a message may quote."""


def ask(client: DSSClient, rid: ResourceId | None, call: Callable[[], T]) -> T:
    """Call the client; whatever fails is an error of our tree.

    Args:
        client: the one that is called, for a second question where one answer has two
            meanings.
        about: which object is asked for; ``None`` for the instance as a whole.
        call: nothing but calls of the client.

    Raises:
        ResourceNotFoundError: if DSS says that the object does not exist.
        DSSError: in all other cases; see :mod:`dataikuapi.iac.exceptions`.
    """
    try:
        return call()
    except DataikuIaCError:
        raise
    except DataikuException as error:
        raise _refused(client, rid, ErrorResponse.of_exception(error)) from error
    except _EXPLAINED as error:
        raise _explained(client, rid, error) from error


# Beside what requests raises: the client, and what builds resources, take answers apart
# without a look at them, and fail in these ways on what is not DSS's.
_EXPLAINED = (
    requests.RequestException,
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    OverflowError,
    RecursionError,
)

_NO_URL = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)


def _explained(
    client: DSSClient, rid: ResourceId | None, error: Exception
) -> DataikuIaCError:
    if isinstance(error, (requests.exceptions.InvalidJSONError, json.JSONDecodeError)):
        return _not_dss(client, rid, None)
    if not isinstance(error, requests.RequestException):
        return _unexpected(client, rid, error)
    if isinstance(error, requests.Timeout):
        return _timed_out(client, rid)
    if isinstance(_after_retries(error), ReadTimeoutError):
        return _timed_out(client, rid)
    unreachable = DSSUnreachableError(
        f"cannot reach {describe_host(client)} (asked for {_name(rid)}): "
        f"{_first_cause(error)}. Check the URL, the network, and that DSS runs"
    )
    gone = isinstance(_after_retries(error), NewConnectionError)
    unreachable.no_connection = gone or isinstance(error, _NO_URL)
    return unreachable


def _after_retries(error: requests.RequestException) -> object:
    """Return why the last try failed, which requests wraps and calls no time-out."""
    inner = error.args[0] if error.args else None
    return getattr(inner, "reason", inner)


def _timed_out(client: DSSClient, rid: ResourceId | None) -> DSSTimeoutError:
    return DSSTimeoutError(
        f"no answer from {describe_host(client)} in time (asked for {_name(rid)}). Try "
        "again later, ask whoever runs it, or give it more time (RetryPolicy)"
    )


def _refused(
    client: DSSClient, rid: ResourceId | None, refusal: ErrorResponse
) -> DataikuIaCError:
    host, name = describe_host(client), _name(rid)
    if not refusal.is_dss:
        return _not_dss(client, rid, refusal.status)
    if refusal.is_bad_key:
        return DSSAuthenticationError(
            f"{host} does not know the API key (asked for {name}). Check the key, and "
            "that it is one of this instance"
        )
    if refusal.is_missing and rid is not None:
        return _missing(client, rid)
    if refusal.is_forbidden:
        return _forbidden(client, rid, refusal)
    status = f"{refusal.status} " if refusal.status else ""
    return DSSError(
        f"{host} answered {status}to {name} with {refusal.error_type}: "
        f"{_quoted(client, refusal.message)}"
    )


def _forbidden(
    client: DSSClient, rid: ResourceId | None, refusal: ErrorResponse
) -> DataikuIaCError:
    """Tell a project that the key does not see from an action that it has no right to.

    DSS answers a missing project, a hidden one and a missing right alike, so it is
    asked twice more: who am I, and is the project there at all?
    """
    ask(client, None, client.get_auth_info)
    if rid is not None:
        try:
            client.get_project(rid.project_key).get_summary()
        except DataikuException as error:
            second = ErrorResponse.of_exception(error)
            if second.is_forbidden or second.is_missing:
                return _not_visible(client, rid)
            return _refused(client, rid, second)
        except _EXPLAINED as error:
            return _explained(client, rid, error)
    return DSSPermissionError(
        f"{describe_host(client)} does not let the API key read {_name(rid)}: "
        f"{_quoted(client, refusal.message)}. Ask for the right to read the project"
    )


def _missing(client: DSSClient, rid: ResourceId) -> ResourceNotFoundError:
    if not rid.resource_name:
        return _not_visible(client, rid)
    return ResourceNotFoundError(
        f"{describe_host(client)} has no {rid}: it was deleted or renamed, or the name "
        "is wrong"
    )


def _not_visible(client: DSSClient, rid: ResourceId) -> ProjectNotVisibleError:
    return ProjectNotVisibleError(
        f"{describe_host(client)} shows no project {rid.project_key} to this API key: "
        "it does not exist, or the key may not see it; DSS does not tell which. Check "
        "the project key, and the key's rights"
    )


def _not_dss(
    client: DSSClient, rid: ResourceId | None, status: int | None
) -> InvalidResponseError:
    said = f"{status} and " if status else ""
    return InvalidResponseError(
        f"{describe_host(client)} answered {said}no JSON of DSS when asked for "
        f"{_name(rid)}: the page of a proxy or a login, or DSS is starting. Check "
        "the URL, and what is in front of DSS"
    )


def _unexpected(
    client: DSSClient, rid: ResourceId | None, error: Exception
) -> DataikuIaCError:
    absent = isinstance(error, KeyError) and error.args == ("recipe",)
    if absent and rid is not None and last_response_from_dss(client):
        # What DSS answers where there is no such recipe: 200, without the key "recipe".
        return _missing(client, rid)
    return UnexpectedResponseError(
        f"{describe_host(client)} answered JSON that is not what DSS answers when "
        f"asked for {_name(rid)}. Check that the URL is that of a DSS"
    )


def _name(rid: ResourceId | None) -> str:
    return "the instance" if rid is None else str(rid)


def _quoted(client: DSSClient, text: str) -> str:
    """Return the beginning of what DSS says, never with the API key in it."""
    key = getattr(client, "api_key", None)
    cleaned = text.replace(key, "…") if isinstance(key, str) and key else text
    return cleaned[:_QUOTED]


def _first_cause(error: BaseException) -> str:
    """Return what went wrong at the bottom; the outer errors repeat the URL."""
    if isinstance(error, _NO_URL):
        return "that is no URL such as https://dss.example.com:11200"
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    reason = getattr(error, "strerror", None)
    return str(reason) if reason else type(error).__name__
