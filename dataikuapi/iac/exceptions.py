"""Which errors the library raises.

Every error is a :class:`dataikuapi.utils.DataikuException`, so that code written for
the client catches them too::

    DataikuException
    └── DataikuIaCError
        ├── StateNotFoundError          there is no state where one was asked for
        ├── StateReadError              what is stored could not be read at all
        ├── StateCorruptedError         what is stored is not a state
        ├── StateWriteError             a state was not stored; the old one is intact
        │   ├── StateConflictError      what is stored is newer, or another history
        │   ├── StateLockedError        somebody else is at it
        │   └── InstanceMismatchError   what is stored is of another DSS
        ├── IgnoreFileError             what is no file of rules, or cannot be one
        ├── UnsupportedValueError       a value that a state cannot carry exactly
        ├── ResourceNotFoundError       DSS says that the object does not exist
        │   └── ProjectNotVisibleError  it does not exist, or the key may not see it
        └── DSSError                    DSS could not be asked, or told of an error
            ├── SyncError               of many objects, some could not be read
            ├── DSSUnreachableError     nothing answers at that address
            ├── DSSTimeoutError         no answer in time
            ├── DSSAuthenticationError  DSS does not know the API key
            ├── DSSPermissionError      the key may not do that
            ├── InvalidResponseError    the response is not JSON, e.g. a proxy's page
            └── UnexpectedResponseError JSON, but not what DSS returns

A message names the thing, the reason and the next step, and never holds the API key.
Arguments that can never be right (a malformed id, say) raise the built-in
:class:`ValueError` instead.
"""

from collections.abc import Mapping
from typing import Any

from dataikuapi.utils import DataikuException

__all__ = [
    "DSSAuthenticationError",
    "DSSError",
    "DSSPermissionError",
    "DSSTimeoutError",
    "DSSUnreachableError",
    "DataikuIaCError",
    "IgnoreFileError",
    "InstanceMismatchError",
    "InvalidResponseError",
    "ProjectNotVisibleError",
    "ResourceNotFoundError",
    "StateConflictError",
    "StateCorruptedError",
    "StateLockedError",
    "StateNotFoundError",
    "StateReadError",
    "StateWriteError",
    "SyncError",
    "UnexpectedResponseError",
    "UnsupportedValueError",
]


class DataikuIaCError(DataikuException):  # type: ignore[misc]  # untyped client
    """Root of all errors of this library."""


class StateNotFoundError(DataikuIaCError):
    """There is no state where one was asked for."""


class StateReadError(DataikuIaCError):
    """There is a state, but its bytes could not be read: no rights, a broken disk."""


class StateCorruptedError(DataikuIaCError):
    """What is stored, or what was given, is not a state document."""


class StateWriteError(DataikuIaCError):
    """A state was not stored; what was stored before is intact."""


class StateConflictError(StateWriteError):
    """What is stored is newer than what was to take its place, or another history."""


class StateLockedError(StateWriteError):
    """Somebody else has the lock."""


class InstanceMismatchError(StateWriteError):
    """What is stored describes another instance of DSS."""


class IgnoreFileError(DataikuIaCError):
    """A file with rules to ignore changes is none, or could not be read or written."""


class UnsupportedValueError(DataikuIaCError, ValueError):
    """A value that JSON, and so a state, cannot carry exactly."""


class ResourceNotFoundError(DataikuIaCError):
    """DSS says that the object does not exist."""


class ProjectNotVisibleError(ResourceNotFoundError):
    """The project does not exist, or the API key may not see it.

    DSS answers both alike, so never take it for a proof that a project was deleted. The
    key itself is good: that was asked first.
    """


class DSSError(DataikuIaCError):
    """DSS could not be asked, or answered with an error."""


class SyncError(DSSError):
    """Of the objects that were to be read, some could not be.

    Args:
        state: what could be read, as a :class:`~dataikuapi.iac.models.State`: its
            ``scope`` says what was read completely, ``unknown`` what was not.
        failures: what went wrong, by id; a listing that failed has an id without a
            name, as ``recipe.SHOP``.
    """

    def __init__(self, state: Any, failures: Mapping[str, DataikuIaCError]) -> None:
        self.state = state
        self.failures = dict(failures)
        lines = "".join(f"\n  {key}: {error}" for key, error in failures.items())
        super().__init__(
            f"not everything could be read ({len(failures)} failed); the rest is in "
            f"the error's .state:{lines}"
        )


class DSSUnreachableError(DSSError):
    """Nothing answers at that address, or the connection broke.

    ``no_connection`` is true where no connection could be made at all, so further
    requests are pointless.
    """

    no_connection = False


class DSSTimeoutError(DSSError):
    """No answer came in time."""


class DSSAuthenticationError(DSSError):
    """DSS does not know the API key."""


class DSSPermissionError(DSSError):
    """DSS knows the API key, which may not do what was asked for."""


class InvalidResponseError(DSSError):
    """The answer is no JSON: the page of a proxy, a login page, a DSS that starts."""


class UnexpectedResponseError(DSSError):
    """The answer is JSON, but not what DSS answers to that question."""
