"""What does an error of the client mean?"""

from collections.abc import Iterator
from contextlib import contextmanager

from dataikuapi.utils import DataikuException

from dataikuapi.iac.exceptions import ResourceNotFoundError

__all__ = ["is_forbidden", "missing_is_not_found"]

# The client renders an error as "<errorType>: <message>" and drops the HTTP status.
_NOT_FOUND = "com.dataiku.dip.exceptions.NotFoundException:"
_UNAUTHORIZED = "com.dataiku.dip.exceptions.UnauthorizedException:"


@contextmanager
def missing_is_not_found(resource_id: str) -> Iterator[None]:
    """Turn what DSS says of a missing object into a ResourceNotFoundError.

    A missing dataset is a NotFoundException. A missing recipe is a 200 without the key
    ``recipe``, on which the client fails with a KeyError.
    """
    try:
        yield
    except DataikuException as error:
        if not str(error).startswith(_NOT_FOUND):
            raise
        raise _not_found(resource_id) from error
    except KeyError as error:
        if error.args != ("recipe",):
            raise
        raise _not_found(resource_id) from error


def is_forbidden(error: DataikuException) -> bool:
    """Tell whether DSS refused for want of rights."""
    return str(error).startswith(_UNAUTHORIZED)


def _not_found(resource_id: str) -> ResourceNotFoundError:
    return ResourceNotFoundError(
        f"DSS has no {resource_id}: it was deleted or renamed, or the name is wrong"
    )
