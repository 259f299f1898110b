"""Translates the client's exceptions into this package's."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from dataikuapi.dssclient import DSSClient
from dataikuapi.utils import DataikuException

from dataikuapi.iac.console import printable
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
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.error_response import ErrorResponse, ForeignResponseError
from dataikuapi.iac.sync.failures import explain, is_timeout
from dataikuapi.iac.sync.limits import ResponseTooLargeError
from dataikuapi.iac.sync.origins import is_about_response, is_raised_by_client
from dataikuapi.iac.sync.subjects import Listing, describe
from dataikuapi.iac.types.lookup import is_project
from dataikuapi.iac.types.requests import ListedObjectError
from dataikuapi.iac.types.secrets import mask_text
from dataikuapi.iac.types.shapes import UnexpectedShapeError, path_segment

__all__ = ["not_found", "project_not_visible", "still_listed", "translate_errors"]

_EXCERPT_LENGTH = 200
"""How many characters of a DSS error message may be quoted."""


@contextmanager
def translate_errors(
    client: DSSClient,
    rid: ResourceId | None,
    is_missing: Callable[[Exception], bool] = lambda error: False,
    *,
    writes: bool = False,
) -> Iterator[None]:
    """Translate what calls of the client raise into this package's exceptions.

    An error raised by this package itself, such as a KeyError due to a bug, is not
    translated.

    Args:
        client: the client that is called; used for follow-up requests where a response
            is ambiguous.
        rid: the requested object, or the listing of several; ``None`` for the instance
            as a whole.
        is_missing: returns whether an error of the client means that the object does
            not exist, for objects that DSS does not report as missing.
        writes: whether the calls change something, for which it takes another right.

    Raises:
        ResourceNotFoundError: if DSS reports that the object does not exist.
        DSSError: in all other cases; see :mod:`dataikuapi.iac.exceptions`.
    """
    try:
        yield
    except UnexpectedShapeError as error:
        raise _unexpected_response(client, rid, str(error)) from error
    except DataikuIaCError:
        raise
    except DataikuException as error:
        response = ErrorResponse.of_exception(error)
        if rid is not None and response.is_dss and is_missing(error):
            raise not_found(client, rid) from error
        raise _error_reported(client, rid, response, writes) from error
    except ListedObjectError as listed:
        if rid is None:
            raise
        raise _listed_unreadable(client, rid, listed) from listed.error
    except requests.RequestException as error:
        raise _request_failed(client, rid, error) from error
    except ForeignResponseError as error:
        raise _foreign_response(client, rid, error) from error
    except ResponseTooLargeError as error:
        raise _too_large(client, rid) from error
    except OSError as error:  # Such as a file of certificates that does not exist.
        if not is_raised_by_client(error):
            raise
        raise _request_failed(client, rid, error) from error
    except _PARSE_ERRORS as error:
        if not is_about_response(error):
            raise
        if rid is not None and is_missing(error):
            raise not_found(client, rid) from error
        raise _unexpected_response(client, rid, type(error).__name__) from error


_PARSE_ERRORS = (
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    ValueError,
    OverflowError,
    RecursionError,
)
"""What the client raises for JSON of another shape, since it does not check that."""


def _request_failed(
    client: DSSClient, rid: ResourceId | None, error: OSError
) -> DataikuIaCError:
    if isinstance(error, (requests.exceptions.InvalidJSONError, json.JSONDecodeError)):
        return _invalid_response(client, rid, None)
    if isinstance(error, requests.TooManyRedirects):
        return _redirected(client, rid, "in a loop")
    if isinstance(error, requests.RequestException) and is_timeout(error):
        return _timeout(client, rid)
    failure = explain(client, error)
    unreachable = DSSUnreachableError(
        f"cannot reach {describe_host(client)} (requested: {describe(rid)}): "
        f"{mask_text(failure.cause)}. {failure.next_step}"
    )
    unreachable.no_connection = failure.no_connection
    return unreachable


def _timeout(client: DSSClient, rid: ResourceId | None) -> DSSTimeoutError:
    return DSSTimeoutError(
        f"{describe_host(client)} did not respond in time (requested: "
        f"{describe(rid)}). Try again later, or raise the timeouts (RetryPolicy)"
    )


def _error_reported(
    client: DSSClient,
    rid: ResourceId | None,
    response: ErrorResponse,
    writes: bool,
) -> DataikuIaCError:
    host, name = describe_host(client), describe(rid)
    if not response.is_dss:
        return _invalid_response(client, rid, response.status)
    if response.is_bad_key:
        return DSSAuthenticationError(
            f"{host} does not accept the API key (requested: {name}). Check the key, "
            "and that it belongs to this instance"
        )
    if response.is_missing and rid is not None and not isinstance(rid, Listing):
        return not_found(client, rid)
    if response.is_forbidden and not response.is_not_licensed:
        return _forbidden(client, rid, response, writes)
    return DSSError(
        f"{host} returned {response.status or 'an error'} for {name}: "
        f"{response.error_type}: {_excerpt(client, response.message)}"
    )


def _forbidden(
    client: DSSClient,
    rid: ResourceId | None,
    response: ErrorResponse,
    writes: bool,
) -> DataikuIaCError:
    """Distinguish a project that is not visible from a missing permission.

    DSS responds alike to a project that does not exist, one that the key may not see,
    and a missing permission. Two more requests settle which it is: one checks the API
    key, the other whether the project is visible at all.
    """
    is_on_instance = rid is not None and rid.project_key == INSTANCE
    key_is_valid = _is_granted(client, None, client.get_auth_info)
    project = None if is_on_instance else rid
    if key_is_valid and project is not None and not _is_visible(client, project):
        return project_not_visible(client, project.project_key)
    if is_on_instance:
        next_step = "Use the key of an administrator"
    elif rid is None:
        next_step = "Use another key, or ask an administrator what this one may do"
    elif writes:
        next_step = "Ask for the right to write the content of the project"
    else:
        what = describe(rid) if isinstance(rid, Listing) else "the project"
        next_step = f"Ask for permission to read {what}"
    return DSSPermissionError(
        f"{describe_host(client)} denies the API key access to {describe(rid)}: "
        f"{_excerpt(client, response.message)}. {next_step}"
    )


def _is_visible(client: DSSClient, rid: ResourceId) -> bool:
    return _is_granted(
        client,
        rid,
        lambda: client.get_project(path_segment(rid.project_key)).get_summary(),
    )


def _is_granted(
    client: DSSClient, rid: ResourceId | None, call: Callable[[], object]
) -> bool:
    """Make a call, and return whether DSS let the API key make it.

    A refusal is not translated: that would make this call once more, and so on.
    """
    with translate_errors(client, rid):
        try:
            call()
        except DataikuException as error:
            response = ErrorResponse.of_exception(error)
            if not response.is_forbidden and not response.is_missing:
                raise
            return False
    return True


def not_found(client: DSSClient, rid: ResourceId) -> ResourceNotFoundError:
    """Return the error for an object that DSS does not have."""
    if is_project(rid):
        return project_not_visible(client, rid.project_key)
    return ResourceNotFoundError(
        f"{describe_host(client)} has no {rid}: it was deleted or renamed, or the name "
        "is wrong"
    )


def still_listed(
    client: DSSClient, rid: ResourceId, error: DataikuIaCError
) -> UnexpectedResponseError:
    """Return the error for an object that DSS lists, and does not have.

    Args:
        client: the client.
        rid: of the object.
        error: raised when the object was requested.
    """
    cause = error.__cause__
    is_reported = isinstance(cause, DataikuException)
    report = f" ({_excerpt(client, str(cause))})" if is_reported else ""
    return UnexpectedResponseError(
        f"{describe_host(client)} lists {rid}, and has none when it is requested"
        f"{report}. Sync again; if that persists, open the object in DSS"
    )


def _listed_unreadable(
    client: DSSClient, subject: ResourceId, listed: ListedObjectError
) -> DataikuIaCError:
    """Return why an object could not be read that a listing has; it is not missing."""
    rid = ResourceId(subject.resource_type, subject.project_key, listed.name)
    try:
        with translate_errors(client, rid):
            raise listed.error
    except ProjectNotVisibleError as error:
        return error
    except ResourceNotFoundError as error:
        return still_listed(client, rid, error)
    except DataikuIaCError as error:
        return error


def project_not_visible(client: DSSClient, key: str) -> ProjectNotVisibleError:
    """Return the error for a project that DSS does not show, to a valid API key."""
    return ProjectNotVisibleError(
        f"{describe_host(client)} has no project {key[:200]} visible to this API "
        "key: it does not exist, or the key may not see it; DSS does not say which. "
        "Check the project key, and the permissions of the API key"
    )


def _invalid_response(
    client: DSSClient, rid: ResourceId | None, status: int | None
) -> InvalidResponseError:
    return InvalidResponseError(
        f"{describe_host(client)} returned {status or 'a response'} for "
        f"{describe(rid)}, but not JSON from DSS: it is a proxy or login page, or DSS "
        "is starting up. Check the URL, and what is in front of DSS"
    )


def _foreign_response(
    client: DSSClient, rid: ResourceId | None, error: ForeignResponseError
) -> InvalidResponseError:
    if error.redirects_to:
        return _redirected(client, rid, f"to {mask_text(error.redirects_to)}")
    return _invalid_response(client, rid, None)


def _redirected(
    client: DSSClient, rid: ResourceId | None, where: str
) -> InvalidResponseError:
    return InvalidResponseError(
        f"{describe_host(client)} redirects {where} (requested: {describe(rid)}). The "
        "API key is not sent to another host. Use the URL at which DSS itself responds"
    )


def _too_large(client: DSSClient, rid: ResourceId | None) -> InvalidResponseError:
    return InvalidResponseError(
        f"{describe_host(client)} returned more for {describe(rid)} than the largest "
        "response that is read. Check what is in front of DSS, or raise "
        "max_response_bytes (RetryPolicy)"
    )


def _unexpected_response(
    client: DSSClient, rid: ResourceId | None, reason: str
) -> UnexpectedResponseError:
    return UnexpectedResponseError(
        f"{describe_host(client)} returned JSON for {describe(rid)} that does not "
        f"look like a DSS response: {printable(mask_text(reason))}. Check that the URL "
        "is that of a DSS instance"
    )


def _excerpt(client: DSSClient, text: str) -> str:
    """Return the beginning of a message from DSS, without the API key."""
    key = getattr(client, "api_key", None)
    cleaned = text.replace(key, "…") if isinstance(key, str) and key else text
    return cleaned[:_EXCERPT_LENGTH]
