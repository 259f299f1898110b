"""Turns what calls of the client raise into exceptions of this package."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
from dataikuapi.iac.types.shapes import UnexpectedShapeError

__all__ = ["translate_errors"]

_QUOTED = 200
"""How many characters of what DSS says a message may quote."""


@contextmanager
def translate_errors(
    client: DSSClient,
    rid: ResourceId | None,
    is_missing: Callable[[Exception], bool] = lambda error: False,
) -> Iterator[None]:
    """Turn whatever calls of the client raise into one of this package's exceptions.

    What this package raises by mistake, a KeyError of its own, say, passes as it is.

    Args:
        client: the one that is called, for a second question where one response has two
            meanings.
        rid: which object is asked for; ``None`` for the instance as a whole.
        is_missing: returns whether the client fails in this way where DSS does not
            report a missing object as one.

    Raises:
        ResourceNotFoundError: if DSS reports that the object does not exist.
        DSSError: in all other cases; see :mod:`dataikuapi.iac.exceptions`.
    """
    try:
        yield
    except DataikuIaCError:
        raise
    except DataikuException as error:
        raise _refused(client, rid, ErrorResponse.of_exception(error)) from error
    except requests.RequestException as error:
        raise _failed(client, rid, error) from error
    except UnexpectedShapeError as error:
        raise _unexpected(client, rid) from error
    except _NOT_UNDERSTOOD as error:
        if not _is_raised_by_client(error):
            raise
        if rid is not None and is_missing(error) and last_response_from_dss(client):
            raise _missing(client, rid) from error
        raise _unexpected(client, rid) from error


_NOT_UNDERSTOOD = (
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    ValueError,
    OverflowError,
    RecursionError,
)
"""How the client fails on JSON of another shape, which it takes apart unchecked."""


def _is_raised_by_client(error: Exception) -> bool:
    """Return whether the client, or something that it calls, raised the error."""
    modules = [
        str(frame.f_globals.get("__name__"))
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    ours = [name.startswith("dataikuapi.iac.") for name in modules]
    clients = [name.startswith("dataikuapi.") for name in modules]
    return not ours[-1] and any(
        is_clients and not is_ours for is_clients, is_ours in zip(clients, ours)
    )


_NO_URL = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)


def _failed(
    client: DSSClient, rid: ResourceId | None, error: requests.RequestException
) -> DataikuIaCError:
    if isinstance(error, (requests.exceptions.InvalidJSONError, json.JSONDecodeError)):
        return _not_dss(client, rid, None)
    if isinstance(error, requests.Timeout):
        return _timed_out(client, rid)
    if isinstance(_after_retries(error), ReadTimeoutError):
        return _timed_out(client, rid)
    unreachable = DSSUnreachableError(
        f"cannot reach {describe_host(client)} (asked for {_name(rid)}): "
        f"{_first_cause(error)}. Check the URL, the network, and that DSS runs"
    )
    refused = isinstance(_after_retries(error), NewConnectionError)
    unreachable.no_connection = refused or isinstance(error, _NO_URL)
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
    client: DSSClient, rid: ResourceId | None, response: ErrorResponse
) -> DataikuIaCError:
    host, name = describe_host(client), _name(rid)
    if not response.is_dss:
        return _not_dss(client, rid, response.status)
    if response.is_bad_key:
        return DSSAuthenticationError(
            f"{host} does not know the API key (asked for {name}). Check the key, and "
            "that it is one of this instance"
        )
    if response.is_missing and rid is not None:
        return _missing(client, rid)
    if response.is_forbidden:
        return _forbidden(client, rid, response)
    status = f"{response.status} " if response.status else ""
    return DSSError(
        f"{host} answered {status}to {name} with {response.error_type}: "
        f"{_quoted(client, response.message)}"
    )


def _forbidden(
    client: DSSClient, rid: ResourceId | None, response: ErrorResponse
) -> DataikuIaCError:
    """Tell a project that the key does not see from an action that it has no right to.

    DSS answers a missing project, a hidden one and a missing right alike, so it is
    asked twice more: who am I, and is the project there at all?
    """
    with translate_errors(client, None):
        client.get_auth_info()
    if rid is not None and not _is_visible(client, rid):
        return _not_visible(client, rid)
    return DSSPermissionError(
        f"{describe_host(client)} does not let the API key read {_name(rid)}: "
        f"{_quoted(client, response.message)}. Ask for the right to read the project"
    )


def _is_visible(client: DSSClient, rid: ResourceId) -> bool:
    with translate_errors(client, rid):
        try:
            client.get_project(rid.project_key).get_summary()
        except DataikuException as error:
            response = ErrorResponse.of_exception(error)
            if not response.is_forbidden and not response.is_missing:
                raise
            return False
    return True


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


def _unexpected(client: DSSClient, rid: ResourceId | None) -> UnexpectedResponseError:
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
