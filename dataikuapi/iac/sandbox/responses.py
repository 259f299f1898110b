"""HTTP responses as DSS gives them: JSON, version headers, error bodies."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dataikuapi.iac.sandbox import errors
from dataikuapi.iac.sandbox.store import DSS_VERSION

_DSS_EXCEPTIONS = "com.dataiku.dip.exceptions"

# Status and Java class in the response to each. DSS has no conflict status: a name that
# is taken is a bad request like any other.
_FAILURES: Mapping[type[Exception], tuple[int, str]] = {
    errors.InvalidApiKeyError: (401, f"{_DSS_EXCEPTIONS}.NotAuthenticatedException"),
    errors.ProjectForbiddenError: (403, f"{_DSS_EXCEPTIONS}.UnauthorizedException"),
    errors.ForbiddenError: (403, f"{_DSS_EXCEPTIONS}.UnauthorizedException"),
    errors.ObjectNotFoundError: (404, f"{_DSS_EXCEPTIONS}.NotFoundException"),
    errors.AlreadyExistsError: (400, "java.lang.IllegalArgumentException"),
    errors.InvalidDocumentError: (400, "java.lang.IllegalArgumentException"),
    errors.ProjectLayoutError: (400, "java.lang.IllegalArgumentException"),
    errors.PartialSettingsError: (500, "java.lang.NullPointerException"),
    errors.ReadDirectoryError: (500, "java.io.IOException"),
    errors.AlwaysFailsError: (500, "java.lang.IllegalStateException"),
    errors.NotAFileError: (500, "java.io.IOException"),
    errors.NotInSandboxError: (501, "dataikuapi.iac.sandbox.NotInSandboxError"),
}


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON response.

    Args:
        content: written in ASCII with escapes, so that any string gets through, even
            one that is not valid Unicode, and numbers of any size stay exact.
        status: HTTP status.
        headers: beside DSS's own, which every response carries.
    """
    return Response(
        json.dumps(content, separators=(",", ":")),
        status,
        {
            "DSS-Version": DSS_VERSION,
            "DSS-API-Version": DSS_VERSION,
            **(headers or {}),
        },
        "application/json",
    )


def response_for(error: errors.SandboxError) -> Response:
    """Return DSS's response where the store raised this error."""
    if isinstance(error, errors.ProjectNotFoundError):
        error = errors.ProjectForbiddenError()  # DSS does not say which it is.
    status, error_type = _FAILURES[type(error)]
    return error_response(status, error_type, str(error))


def error_response(
    status: int,
    error_type: str,
    message: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a response with DSS's error body; `error_type` is a Java class name."""
    body = {
        "errorType": error_type,
        "message": message,
        "detailedMessage": message,
        "detailedMessageHTML": f"<span>{html.escape(message)}</span>",
        "stackTraceStr": f"{error_type}: {message}\n\tat dataikuapi.iac.sandbox",
    }
    return json_response(body, status, headers)
