"""Which errors the library raises.

Every error is a :class:`dataikuapi.utils.DataikuException`, so that code written for
the client catches them too::

    DataikuException
    └── DataikuIaCError
        ├── StateNotFoundError       there is no state where one was asked for
        ├── StateReadError           what is stored could not be read at all
        ├── StateCorruptedError      what is stored is not a state
        ├── StateWriteError          a state could not be stored; the old one is intact
        └── ResourceNotFoundError    DSS says that the object does not exist

A message names the thing, the reason and the next step. Arguments that can never be
right (a malformed id, say) raise the built-in :class:`ValueError` instead.
"""

from dataikuapi.utils import DataikuException

__all__ = [
    "DataikuIaCError",
    "ResourceNotFoundError",
    "StateCorruptedError",
    "StateNotFoundError",
    "StateReadError",
    "StateWriteError",
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
    """A state could not be stored; what was stored before is intact."""


class ResourceNotFoundError(DataikuIaCError):
    """DSS says that the object does not exist."""
