"""The exceptions that the library raises.

All of them derive from :class:`dataikuapi.utils.DataikuException`, so that code written
for the client catches them too::

    DataikuException
    └── DataikuIaCError
        ├── StateNotFoundError          there is no state
        ├── StateReadError              the stored state could not be read
        ├── StateCorruptedError         what is stored is not a valid state
        │   ├── NewerFormatError        a newer version of this library wrote it
        │   └── StateMergeConflictError it has conflict markers of git
        ├── StateWriteError             writing to the storage of states failed
        │   ├── StateConflictError      the stored state is newer, or of another lineage
        │   ├── StateLockedError        the state is locked by another process
        │   ├── InstanceConflictError   the same as below, in a save
        │   └── EnvironmentMismatchError the stored state is of another environment
        ├── JournalNotSupportedError    a backend keeps no journal of applies
        ├── InstanceMismatchError       the stored state is of another DSS instance
        ├── ConfigurationError          configuration file, variable or option is wrong
        ├── ConfirmedRemovalError       a confirmed removal is wrong
        ├── IgnoreFileError             an ignore file is invalid or not accessible
        ├── SourceError                 a folder, revision or archive is no project
        │   └── PullConflictError       somebody changed files that a pull replaces
        ├── PlanRefusedError            a plan as a whole is not executed
        ├── OverlayError                an overlay contradicts itself or the environment
        ├── PlanFileError               a saved plan could not be read or written
        ├── PlanOutdatedError           what a plan was made of has changed since
        ├── UnsupportedValueError       a value that a state cannot hold exactly
        ├── ExecutorError               an executor did not read what it was to read
        ├── ResourceNotFoundError       DSS reports that the object does not exist
        │   └── ProjectNotVisibleError  it does not exist, or the key may not see it
        └── DSSError                    a request to DSS failed
            ├── SyncError               some of the objects could not be read
            ├── DSSUnreachableError     no connection to DSS
            ├── DSSTimeoutError         no response in time
            ├── DSSAuthenticationError  DSS does not accept the API key
            ├── DSSPermissionError      the API key lacks a permission
            ├── TypeNotSupportedError   DSS does not have that type of object
            ├── InvalidResponseError    the response is not JSON, e.g. a proxy's page
            └── UnexpectedResponseError JSON, but not what DSS returns

A message names the object, the reason and the next step, and never the API key. An
invalid argument, such as a malformed id, raises the built-in :class:`ValueError`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

try:
    from dataikuapi.utils import DataikuException
except ModuleNotFoundError as error:
    if error.name != "dataikuapi.utils":  # Something that the client itself imports.
        raise
    raise ModuleNotFoundError(
        "dataikuapi.iac needs Dataiku's client: pip install dataiku-api-client",
        name=error.name,
    ) from error

if TYPE_CHECKING:
    from dataikuapi.iac.models import State

__all__ = [
    "ConfigurationError",
    "ConfirmedRemovalError",
    "DSSAuthenticationError",
    "DSSError",
    "DSSPermissionError",
    "DSSTimeoutError",
    "DSSUnreachableError",
    "DataikuIaCError",
    "EnvironmentMismatchError",
    "ExecutorError",
    "IgnoreFileError",
    "InstanceConflictError",
    "InstanceMismatchError",
    "InvalidResponseError",
    "JournalNotSupportedError",
    "NewerFormatError",
    "OverlayError",
    "PlanFileError",
    "PlanOutdatedError",
    "PlanRefusedError",
    "ProjectNotVisibleError",
    "PullConflictError",
    "ResourceNotFoundError",
    "SourceError",
    "StateConflictError",
    "StateCorruptedError",
    "StateLockedError",
    "StateMergeConflictError",
    "StateNotFoundError",
    "StateReadError",
    "StateWriteError",
    "SyncError",
    "TypeNotSupportedError",
    "UnexpectedResponseError",
    "UnsupportedValueError",
]


class DataikuIaCError(DataikuException):
    """Base class of all exceptions of this library."""

    def __reduce__(self) -> tuple[object, ...]:
        """Return how it is pickled, whatever its constructor takes."""
        return _with_arguments, (type(self), self.args), self.__dict__


class StateNotFoundError(DataikuIaCError):
    """There is no state at this location."""


class StateReadError(DataikuIaCError):
    """There is a state, but reading it failed: no permission, or a disk error."""


class StateCorruptedError(DataikuIaCError):
    """The stored or given document is not a valid state."""


class NewerFormatError(StateCorruptedError):
    """The stored state is of a format that only newer versions of this library read."""


class StateMergeConflictError(StateCorruptedError):
    """A merge of git left conflict markers in the stored state."""


class StateWriteError(DataikuIaCError):
    """A state was not stored, or nobody knows: the message says so. Save it again."""


class StateConflictError(StateWriteError):
    """The stored state is newer than the one to be saved, or of another lineage."""


class StateLockedError(StateWriteError):
    """The state is locked by another process."""


class InstanceMismatchError(DataikuIaCError):
    """The stored state describes another DSS instance than the one that was read."""


class InstanceConflictError(InstanceMismatchError, StateWriteError):
    """A state was not stored over one that describes another DSS instance."""


class EnvironmentMismatchError(StateWriteError):
    """The stored state is of another environment."""


class JournalNotSupportedError(DataikuIaCError):
    """A backend keeps no journal, so it cannot resume an interrupted apply."""


class IgnoreFileError(DataikuIaCError):
    """An ignore file is invalid, or could not be read or written."""


class ConfigurationError(DataikuIaCError, ValueError):
    """The configuration is not valid, contradicts itself, or lacks what is needed."""


class ConfirmedRemovalError(DataikuIaCError, ValueError):
    """A project that is confirmed as removed is not in the state, or still in DSS."""


class SourceError(DataikuIaCError):
    """A folder, a revision or an archive is not a project, or has a file that is not.

    The message names the file.
    """


class PullConflictError(SourceError):
    """Somebody changed files that a pull would replace or remove; nothing was written.

    Args:
        conflicts: what was done to the files, by path.
    """

    def __init__(self, conflicts: Mapping[str, str]) -> None:
        self.conflicts = dict(conflicts)
        lines = "".join(f"\n  {path}: {why}" for path, why in conflicts.items())
        files = (
            "1 file was" if len(conflicts) == 1 else f"{len(conflicts):,} files were"
        )
        super().__init__(
            f"nothing was written, since {files} changed by somebody else than pull:"
            f"{lines}\nCommit the changes to git, or move them "
            "away; or discard them with force=True"
        )


class PlanRefusedError(DataikuIaCError):
    """A plan as a whole is not executed: it would change more than is allowed."""


class OverlayError(DataikuIaCError):
    """The overlay of an environment contradicts itself or what the environment has.

    The message names the entry, or the object.
    """


class PlanFileError(DataikuIaCError):
    """A saved plan could not be read or written, or a file is not a plan."""


class PlanOutdatedError(DataikuIaCError):
    """What a plan was made of has changed since, so it is not executed.

    Args:
        reasons: what has changed, in words.
        objects: ids of the planned objects that the stored state has otherwise now.
    """

    def __init__(self, reasons: Iterable[str], objects: Iterable[str] = ()) -> None:
        self.reasons, self.objects = tuple(reasons), tuple(objects)
        lines = "".join(f"\n  {reason}" for reason in self.reasons)
        super().__init__(
            f"the plan is outdated, nothing was done:{lines}\n"
            "Plan again (dataiku-iac plan --out FILE), and review what it says"
        )


class UnsupportedValueError(DataikuIaCError, ValueError):
    """A value that JSON, and so a state, cannot hold exactly."""


class ExecutorError(DataikuIaCError):
    """An executor did not read what it was to read: a worker died, say.

    Args:
        message: says what and why.
        projects: keys of the projects that were not read.
    """

    def __init__(self, message: str, projects: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.projects = tuple(projects)


class ResourceNotFoundError(DataikuIaCError):
    """DSS reports that the object does not exist."""


class ProjectNotVisibleError(ResourceNotFoundError):
    """The project does not exist, or the API key may not see it.

    DSS responds to both alike, so this does not prove that a project was deleted. The
    API key itself is valid: that is checked before this is raised.
    """


class DSSError(DataikuIaCError):
    """A request to DSS failed: it was not reachable, or it reported an error."""


class SyncError(DSSError):
    """Some of the objects could not be read.

    Args:
        state: what could be read: its ``scope`` says what was read completely, its
            ``unknown`` what was not.
        failures: what went wrong, by id; a listing that failed has a key of its own,
            such as ``recipe.SHOP.*``.
    """

    def __init__(self, state: "State", failures: Mapping[str, DataikuIaCError]) -> None:
        self.state = state
        self.failures = dict(failures)
        lines = "".join(f"\n  {keys}: {error}" for keys, error in _grouped(failures))
        count = f"{len(failures)} failure{'' if len(failures) == 1 else 's'}"
        some = (
            "some objects could not be read" if state.resources else "nothing was read"
        )
        rest = "; the others are in the exception's .state" if state.resources else ""
        super().__init__(f"{some} ({count}){rest}:{lines}")


class DSSUnreachableError(DSSError):
    """DSS could not be reached, or the connection broke.

    ``no_connection`` is true where no connection could be made at all, so further
    requests are pointless.
    """

    no_connection = False


class DSSTimeoutError(DSSError):
    """DSS did not respond in time."""


class DSSAuthenticationError(DSSError):
    """DSS does not accept the API key."""


class DSSPermissionError(DSSError):
    """The API key is valid, but lacks a permission that the request needs."""


class TypeNotSupportedError(DSSError):
    """DSS does not have that type of object: it is too old, or its license excludes it.

    So nothing is known of such objects, and none is missing.

    Args:
        message: says what is not supported.
        failure: what it is instead if DSS is known to have had such objects.
    """

    def __init__(self, message: str, failure: DataikuIaCError | None = None) -> None:
        super().__init__(message)
        self.failure = failure or self


class InvalidResponseError(DSSError):
    """The response is not JSON: a proxy or login page, or DSS is starting up."""


class UnexpectedResponseError(DSSError):
    """The response is JSON, but not what DSS returns for that request."""


def _with_arguments(
    error: type[DataikuIaCError], arguments: tuple[object, ...]
) -> DataikuIaCError:
    """Return an exception as it is before its constructor is called."""
    return error.__new__(error, *arguments)


_SHOWN = 3
"""Of how many ids that have one error in common a message names each."""


def _grouped(
    failures: Mapping[str, DataikuIaCError],
) -> Iterator[tuple[str, DataikuIaCError]]:
    """Yield each error with what failed because of it, such as a whole project."""
    ids: dict[int, list[str]] = {}
    errors = {id(error): error for error in failures.values()}
    for key, error in failures.items():
        ids.setdefault(id(error), []).append(key)
    for number, keys in ids.items():
        more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
        yield f"{', '.join(keys[:_SHOWN])}{more}", errors[number]
