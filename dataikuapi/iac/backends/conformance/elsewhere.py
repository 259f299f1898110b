"""Work on a state elsewhere: in a process of its own, or in a thread."""

import importlib
import importlib.util
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any

import pytest

from dataikuapi.iac.backends.base import StateBackend

__all__ = ["Colleague", "OpenBackend", "Recipe", "Work"]

OpenBackend = Callable[[], StateBackend]
"""Opens the same storage, once more each time."""

Work = Callable[..., Any]
"""What a colleague does; called with an :data:`OpenBackend`, a :class:`Line`, and more.

It is a function at the top of a module, so that it can be sent to another process.
"""

PATIENCE = 3600.0
"""How many seconds to wait for a colleague; a suite loses its patience before."""

_PRELOADED = ["pytest", "dataikuapi.iac", "dataikuapi.iac.backends.conformance"]
"""What each process needs, so that it is imported once for all of them."""


@dataclass(frozen=True)
class Recipe:
    """How another process opens the storage that a test works on.

    Args:
        module: of the class of tests.
        file: of that module, for where the other process cannot import it by name.
        name: of the class in its module.
        method: of the class, that opens the storage.
        place: where the state is; it can be pickled.
    """

    module: str
    file: str
    name: str
    method: str
    place: Any

    def __call__(self) -> StateBackend:
        """Open the storage."""
        suite = getattr(self._imported(), self.name)()
        backend: StateBackend = getattr(suite, self.method)(self.place)
        return backend

    def _imported(self) -> Any:
        if self.module in sys.modules:
            return sys.modules[self.module]
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError:
            spec = importlib.util.spec_from_file_location(self.module, self.file)
            if spec is None or spec.loader is None:
                raise
            module = importlib.util.module_from_spec(spec)
            sys.modules[self.module] = module
            spec.loader.exec_module(module)
            return module


class Line:
    """What two colleagues talk over.

    Args:
        connection: to the other one.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def say(self, message: Any) -> None:
        """Send something to the test."""
        self._connection.send(("said", message))

    def hear(self) -> Any:
        """Wait for what the test sends."""
        return self._connection.recv()


class Colleague:
    """Somebody else who works on the same state.

    Args:
        open_backend: opens the storage; a :class:`Recipe` if ``in_process``.
        in_process: work in a process of its own, not in a thread of this one.
        work: what to do.
        arguments: of the work, after the two that each has.
    """

    def __init__(
        self,
        open_backend: OpenBackend,
        in_process: bool,
        work: Work,
        *arguments: Any,
    ) -> None:
        self._line, theirs = Pipe()
        given = (open_backend, theirs, work, arguments)
        self._process: BaseProcess | None = None
        if in_process:
            # Forked off a process without threads, as no driver survives a fork.
            context = get_context("forkserver")
            context.set_forkserver_preload(_PRELOADED)
            self._process = context.Process(target=_do, args=given, daemon=True)
            self._process.start()
            theirs.close()
        else:
            Thread(target=_do, args=given, daemon=True).start()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return os.getpid() if self._process is None else self._process.pid or 0

    def tell(self, message: Any = None) -> None:
        """Send something that the work waits for."""
        self._line.send(message)

    def hear(self) -> Any:
        """Wait for what the work says."""
        kind, message = self._received()
        if kind != "said":
            pytest.fail(f"somebody else ended unexpectedly: {message}")
        return message

    def result(self) -> Any:
        """Wait until the work is done, and return what it returned."""
        kind, message = self._received()
        if kind != "done":
            pytest.fail(f"somebody else failed: {message}")
        return message

    def is_done(self) -> bool:
        """Return whether the work is done, or has said something."""
        return self._line.poll()

    def wait(self) -> None:
        """Wait until the work is done, whatever came of it."""
        self._received()

    def kill(self) -> None:
        """End the process as a crash does: it runs no code anymore."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def pause(self) -> None:
        """Stop the process: it lives on and does nothing, as on a suspended laptop."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a process that was stopped go on."""
        os.kill(self.pid, signal.SIGCONT)

    def dismiss(self) -> None:
        """End it, if it is still there."""
        self._line.close()
        if self._process is not None and self._process.is_alive():
            self.kill()

    def _received(self) -> tuple[str, Any]:
        if not self._line.poll(PATIENCE):
            pytest.fail(f"somebody else did nothing for {PATIENCE:.0f} seconds")
        try:
            kind, message = self._line.recv()
        except EOFError:
            return "ended", "its process is gone"
        return kind, message


def _do(
    open_backend: OpenBackend,
    connection: Connection,
    work: Work,
    arguments: tuple[Any, ...],
) -> None:
    """Do the work, and send what came of it."""
    try:
        outcome = "done", work(open_backend, Line(connection), *arguments)
    except EOFError:
        return  # The test is over.
    except Exception:  # noqa: BLE001  # Whatever it is, the test shows it.
        outcome = "failed", traceback.format_exc()
    with suppress(OSError):  # The test is over.
        connection.send(outcome)
    connection.close()
