"""Reads the projects of one instance in other processes, or on other machines."""

import pickle
import traceback
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import local
from typing import NamedTuple

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    ExecutorError,
    InstanceMismatchError,
)
from dataikuapi.iac.merge import instances_differ
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.scope import Part
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.classes import sync_class
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.instance import InstanceReader, Progress
from dataikuapi.iac.sync.progress import progress_bar
from dataikuapi.iac.sync.readers import Reader
from dataikuapi.iac.sync.result import FetchResult
from dataikuapi.iac.sync.workers import ProgressCallback, is_fatal
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.shapes import UnusableName

__all__ = ["DistributedReader"]

_SHOWN = 10
"""How many projects a message names."""


@dataclass(frozen=True)
class _Recipe:
    """How a task opens its own reader.

    Args:
        host: URL of DSS, for messages.
        open: pickled, a function that opens it. It has the API key, and executors show
            the arguments of tasks that fail, so it is in no ``repr``.
        token: tells it from other recipes.
    """

    host: str
    open: bytes = field(repr=False)
    token: str = field(default_factory=lambda: uuid.uuid4().hex, repr=False)


class _Read(NamedTuple):
    """What a task read, and from which DSS."""

    result: FetchResult
    instance: dict[str, JSON] | None


class _Bug(NamedTuple):
    """An exception of a task that reading a project is not known to raise."""

    error: Exception
    traceback: str


class DistributedReader(InstanceReader):
    """Reads an instance as another reader does, each project in a task of an executor.

    A task opens a client and a reader of its own, by what is sent to it, reads one
    project, and returns it. The projects are listed here.

    Args:
        reader: whose readers and provenance it has.
        open_reader: returns another reader of a client.
        client: of the reader.
        executor: runs the tasks.

    Raises:
        ValueError: if something cannot be sent to another process: a test double for
            the client, say, or a reader that somebody replaced.
    """

    def __init__(
        self,
        reader: InstanceReader,
        open_reader: "partial[InstanceReader]",
        client: DSSClient,
        executor: Executor,
    ) -> None:
        self.__dict__.update(reader.__dict__)
        self._executor = executor
        self._recipe = _recipe(reader, open_reader, client)
        self._count: ProgressCallback | None = None

    def _project_reader(self, types: Sequence[str]) -> Reader | None:
        """Leave the projects to the tasks, unless one has no name to ask for it by."""
        keys = self.projects.keys() or ()
        if any(isinstance(key, UnusableName) for key in keys):
            return super()._project_reader(types)
        return None

    def _read(self, parts: Sequence[Part]) -> FetchResult:
        types: dict[str, list[str]] = {}
        for key, name in parts:
            types.setdefault(key, []).append(name)
        self._run_with_provenance([])
        outcomes = _Outcomes(types, self.provenance.instance)
        futures: dict[Future[bytes], str] = {}
        try:
            for key, names in types.items():
                futures[self._submit(key, names)] = key
            for future in as_completed(futures):
                outcomes.add(futures[future], future)
                if self._count is not None:
                    self._count(len(outcomes.results), len(types))
                if outcomes.fatal is not None:
                    break
        finally:
            for future in futures:
                future.cancel()
        return outcomes.united()

    def _submit(self, key: str, names: list[str]) -> "Future[bytes]":
        try:
            return self._executor.submit(_read_project, self._recipe, key, names)
        except RuntimeError as error:  # It is shut down; a BrokenExecutor is one, too.
            failed = Future[bytes]()
            failed.set_exception(error)
            return failed

    @contextmanager
    def _session(self, progress: Progress) -> Iterator[None]:
        with progress_bar(progress, unit="projects") as count, self._workers.running():
            self._count = count
            yield


class _Outcomes:
    """What became of the tasks.

    Args:
        types: names of the types that each project is read for.
        instance: which DSS is to be read, as far as that is known.

    Attributes:
        results: of the projects that are done with.
        fatal: an error because of which there is no use in going on.
    """

    def __init__(
        self, types: Mapping[str, Sequence[str]], instance: dict[str, JSON] | None
    ) -> None:
        self._types = types
        self._instance = instance
        self.results: dict[str, FetchResult] = {}
        self.fatal: DataikuIaCError | None = None
        self._broken: BaseException | None = None

    def add(self, key: str, future: "Future[bytes]") -> None:
        """Add what the task of a project returned or raised.

        Raises:
            Exception: a bug, as if the project had been read in this process.
        """
        error = None if future.cancelled() else future.exception()
        if isinstance(error, BrokenExecutor):  # So are all that are not done.
            self._broken = error
        elif error is not None or future.cancelled():
            self.results[key] = self._failed(key, _lost([key], error))
        else:
            read = _unpacked(future.result())
            if isinstance(read, _Bug):
                raise read.error from RuntimeError(f"in the task:\n{read.traceback}")
            self._add_read(key, read)

    def _add_read(self, key: str, read: _Read) -> None:
        if instances_differ(self._instance, read.instance):
            error = InstanceMismatchError(
                f"project {key} was read from another DSS than the others: from the "
                f"machine of that worker, the URL leads to {read.instance}, from here "
                f"to {self._instance}"
            )
            self.results[key] = self._failed(key, error)
            return
        self.results[key] = read.result
        self.fatal = next(filter(is_fatal, read.result.failures.values()), self.fatal)

    def _failed(self, key: str, error: DataikuIaCError) -> FetchResult:
        result = FetchResult()
        for name in self._types[key]:
            result.add(key, name, error, True)
        return result

    def united(self) -> FetchResult:
        """Return the results as one; what was not read failed."""
        left = [key for key in self._types if key not in self.results]
        error = self.fatal or _lost(left, self._broken)
        whole = FetchResult()
        for key in self._types:
            whole.extend(self.results.get(key) or self._failed(key, error))
        return whole


def _recipe(
    reader: InstanceReader, open_reader: "partial[InstanceReader]", client: DSSClient
) -> _Recipe:
    """Return how a task opens a reader that reads the same.

    Raises:
        ValueError: if that cannot be sent to another process.
    """
    for name, each in reader.readers.items():
        if not (
            isinstance(each, ResourceSync) and type(each) is sync_class(TYPES[name])
        ):
            raise ValueError(
                f"the reader of type {name} was replaced, so other processes do not "
                "have it: leave out executor"
            )
        redactor = each.redactor  # They all have the same.
    # Redacted with the key of this process, whatever DATAIKU_IAC_SECRET_KEY is there.
    options = {**open_reader.keywords, "types": [*reader.readers], "secret_key": None}
    opened = partial(_open_reader, partial(InstanceReader, **options), client)
    try:
        data = pickle.dumps(partial(opened, redactor))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ValueError(
            f"the client cannot be sent to other processes ({error}): pass a plain "
            "DSSClient, or leave out executor"
        ) from error
    return _Recipe(describe_host(client), data)


def _open_reader(
    open_reader: "partial[InstanceReader]", client: DSSClient, redactor: Redactor
) -> InstanceReader:
    reader = open_reader(client)
    for each in reader.readers.values():
        if isinstance(each, ResourceSync):
            each.redactor = redactor
    return reader


class _Opened(local):
    """The reader that a thread has opened: no two threads share a client."""

    token = ""
    reader: InstanceReader


_opened = _Opened()


def _read_project(recipe: _Recipe, key: str, types: Sequence[str]) -> bytes:
    """Read a project: the task, which runs anywhere.

    Returns:
        What :func:`_unpacked` takes: it travels between machines.
    """
    if _opened.token != recipe.token:
        _opened.reader = pickle.loads(recipe.open)()
        _opened.token = recipe.token
    reader = _opened.reader
    read: _Read | _Bug
    try:
        result = reader.read_projects([key], False, types)
        read = _Read(result, reader.provenance.instance)
    except (DataikuIaCError, MemoryError):
        raise
    # A bug is raised where it is seen, and is no failure of the executor.
    except Exception as error:  # noqa: BLE001
        read = _Bug(error, traceback.format_exc())
    return zlib.compress(pickle.dumps(read), zlib.Z_BEST_SPEED)


def _unpacked(data: bytes) -> "_Read | _Bug":
    read: _Read | _Bug = pickle.loads(zlib.decompress(data))
    return read


def _lost(keys: Sequence[str], cause: BaseException | None) -> ExecutorError:
    """Return the error for projects that an executor did not read."""
    shown = ", ".join(keys[:_SHOWN])
    more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
    why = "the tasks were cancelled"
    if cause is not None:
        why = f"{type(cause).__name__}: {cause}"
    error = ExecutorError(
        f"the executor did not read {shown}{more} ({why}). If a worker died, see its "
        "log: it may have run out of memory. Sync these projects again",
        keys,
    )
    error.__cause__ = cause
    return error
