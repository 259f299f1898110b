"""Tells types of object that this DSS does not have from listings that failed."""

from collections.abc import Iterator
from contextlib import contextmanager

from dataikuapi.dssclient import DSSClient
from dataikuapi.utils import DataikuException

from dataikuapi.iac.exceptions import DataikuIaCError, TypeNotSupportedError
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.sync.subjects import Listing
from dataikuapi.iac.types import ResourceType
from dataikuapi.iac.types.registry import PROJECT
from dataikuapi.iac.types.shapes import path_segment

__all__ = ["not_supported", "translate_listing_errors"]


@contextmanager
def translate_listing_errors(
    client: DSSClient, kind: ResourceType, project_key: str
) -> Iterator[None]:
    """Translate what listing the objects of a type raises.

    Args:
        client: the client that is called.
        kind: the type.
        project_key: of the project; that of the instance for what is in no project.

    Raises:
        TypeNotSupportedError: if DSS has no objects of this type, in a project that it
            has.
        DSSError: otherwise; see :func:`~dataikuapi.iac.sync.errors.translate_errors`.
    """
    subject = Listing(kind.name, project_key)
    with translate_errors(client, subject):
        try:
            yield
        except DataikuException as error:
            if not ErrorResponse.of_exception(error).may_lack_feature:
                raise
            _require_readable(client, kind, project_key)
            failure = _translated(client, subject, error)
            raise not_supported(client, kind, failure) from error


def not_supported(
    client: DSSClient, kind: ResourceType, failure: DataikuIaCError
) -> TypeNotSupportedError:
    """Return the error for a type that DSS does not have.

    Args:
        client: the client.
        kind: the type.
        failure: what it is instead if DSS is known to have had such objects.
    """
    return TypeNotSupportedError(
        f"{describe_host(client)} does not support {kind.plural}: it is an older "
        "version of DSS, or its license does not include them",
        failure,
    )


def _require_readable(client: DSSClient, kind: ResourceType, project_key: str) -> None:
    """Raise an error if it is not the listing alone that DSS refuses.

    The whole URL may be wrong, the project be gone, or the license have no API at all.
    """
    if kind.is_on_instance:
        with translate_errors(client, None):
            client.get_auth_info()
    else:
        with translate_errors(client, ResourceId(PROJECT.name, project_key)):
            client.get_project(path_segment(project_key)).get_summary()


def _translated(
    client: DSSClient, subject: Listing, error: DataikuException
) -> DataikuIaCError:
    try:
        with translate_errors(client, subject):
            raise error
    except DataikuIaCError as translated:
        return translated
