"""What all tests of the suite stand on: where a state is, and who else works on it."""

import functools
import inspect
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.conformance.absent import ABSENT
from dataikuapi.iac.backends.conformance.elsewhere import (
    Colleague,
    OpenBackend,
    Recipe,
    Work,
)
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.locks import STATE_LOCK
from dataikuapi.iac.statefile.serialization import loads

__all__ = ["GRACE", "Elsewhere", "NewPlace", "Suite", "promised"]

NewPlace = Callable[[], Any]
"""Returns another place each time, in the same storage; nothing is stored there."""

Elsewhere = Callable[..., Colleague]
"""Starts a colleague: takes the place, the work, and its other arguments.

With ``expiring=True`` the colleague works as :meth:`Suite.open_expiring` says.
"""

GRACE = 20.0
"""Seconds beyond the declared ones, for a machine that is busy with something else."""

SHORT, LONG = 4, 20
"""How many race in the short form and in the long one."""


def promised(
    *capabilities: Capability,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test of what not every backend promises.

    Of a backend that does not, it is tested instead that this is told. The test has a
    fixture ``place``.

    Args:
        capabilities: that the test takes.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def checked(self: "Suite", **fixtures: Any) -> None:
            backend = self.open_backend(fixtures["place"])
            missing = [each for each in capabilities if self.lacks(backend, each)]
            for capability in missing:
                ABSENT[capability](backend)
            if not missing:
                test(self, **fixtures)

        return checked

    return decorate


class Suite:
    """What an author of a backend gives to the suite.

    ``open_backend`` has to be overridden, ``new_place`` unless a path in a temporary
    folder names a place, and the other methods if the storage can be made to fail.
    """

    long: ClassVar[bool] = False
    """Whether tests that race run in full."""

    patience: ClassVar[float] = 300
    """After how many seconds a test that hangs fails: more than a busy machine takes,
    and five times that in the long form. Without signals, as on Windows, it hangs."""

    def open_backend(self, place: Any) -> StateBackend:
        """Return a backend for the state at a place.

        Called often, and in other processes too: the same place is the same storage.
        There, no fixture has run.

        Args:
            place: what ``new_place`` returned. If the backend declares ``SHARED``, it
                is sent to other processes, and has to be something that pickle takes.
        """
        raise NotImplementedError("override open_backend(place) in your class")

    def open_expiring(self, place: Any) -> StateBackend:
        """Return a backend whose locks soon expire after their holder died.

        Override it if locks are leases: a few seconds spare the suite a long wait. All
        other tests have leases as your users have them, which no busy machine loses.

        Args:
            place: as that of ``open_backend``.
        """
        return self.open_backend(place)

    @pytest.fixture
    def new_place(self, tmp_path: Path) -> NewPlace:
        """Return a function that returns another empty place each time.

        All places are in the same storage, such as one database. Override it with a
        fixture that may ask for others, such as one that starts a server.
        """
        return lambda: str(tmp_path / f"{uuid4().hex}.state.json")

    def failing(self, place: Any) -> Iterable[AbstractContextManager[StateBackend]]:
        """Return ways in which the storage fails in the middle of a save.

        One for each moment at which yours may fail: disk full, connection lost, access
        denied. Each returns a backend for the place. A save within the block fails;
        after it, the storage works again.
        """
        pytest.skip("override failing() to test saves in which the storage fails")

    def losing_answers(
        self, place: Any
    ) -> Iterable[AbstractContextManager[StateBackend]]:
        """Return ways in which the storage stores, and answers with an error.

        As if the connection is lost before the answer arrives. Each returns a backend
        for the place: a save within the block is stored, and may raise a
        StateWriteError. After the block, the same backend works.
        """
        pytest.skip("override losing_answers() to test answers that are lost")

    def load_backup(self, place: Any, location: Path | str) -> State:
        """Return the state in a backup.

        The default reads files.

        Args:
            place: of the state.
            location: what ``backup()`` returned.
        """
        if not Path(location).is_file():
            pytest.skip("override load_backup() to test what backups hold")
        return loads(Path(location).read_bytes())

    def damage(self, place: Any) -> bool:
        """Make what is stored at a place unreadable, as a failing disk does.

        Returns:
            Whether that was done; not by default.
        """
        return False

    def tear_journal(self, place: Any) -> bool:
        """Cut off the last bytes of a journal, as a crash in the midst of a write does.

        Returns:
            Whether that was done; not by default, for storages that append all of an
            entry or nothing.
        """
        return False

    def lacks(self, backend: StateBackend, capability: Capability) -> bool:
        """Return whether a backend does not promise something."""
        return capability not in backend.capabilities

    @pytest.fixture
    def place(self, new_place: NewPlace) -> Any:
        """Return a place where nothing is stored yet."""
        return new_place()

    @pytest.fixture(autouse=True)
    def limited_patience(self, many: int) -> Iterator[None]:
        """Fail a test that hangs, such as in a lock that never times out."""
        alarm = getattr(signal, "SIGALRM", None)
        if alarm is None or current_thread() is not main_thread():
            yield
            return

        def fail(*_: object) -> None:
            raise TimeoutError(f"the test hangs: it took {seconds:g} seconds")

        seconds = self.patience * many / SHORT
        before = signal.signal(alarm, fail)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(alarm, before)

    @pytest.fixture
    def many(self, request: pytest.FixtureRequest) -> int:
        """Return how many race, and how often each of them saves."""
        option = request.config.getoption("--long", default=False)
        return LONG if self.long or option else SHORT

    def take_lock_of_dead(self, backend: StateBackend, name: str = STATE_LOCK) -> None:
        """Let a backend outlast a lock of who was killed, or release it.

        Args:
            backend: waits longer from now on.
            name: of the lock.
        """
        backend.lock_timeout = (backend.lock_freed_after or 0) + GRACE
        ends = not self.lacks(backend, Capability.LOCK_ENDS_WITH_HOLDER)
        if not ends and not self.lacks(backend, Capability.LOCK):
            with suppress(StateNotFoundError):
                backend.release_lock(name, force=True)

    @pytest.fixture
    def elsewhere(self) -> Iterator[Elsewhere]:
        """Return a function that lets a colleague work; they end with the test.

        In a process of its own where the storage can be shared, else in a thread.
        """
        colleagues: list[Colleague] = []

        def start(
            place: Any, work: Work, *arguments: Any, expiring: bool = False
        ) -> Colleague:
            shared = Capability.SHARED in self.open_backend(place).capabilities
            opener = self._opener(place, in_process=shared, expiring=expiring)
            colleagues.append(Colleague(opener, shared, work, *arguments))
            return colleagues[-1]

        yield start
        for colleague in colleagues:
            colleague.dismiss()

    @pytest.fixture
    def beside(self) -> Iterator[Elsewhere]:
        """As ``elsewhere``, and always in a thread of this process."""
        colleagues: list[Colleague] = []

        def start(place: Any, work: Work, *arguments: Any) -> Colleague:
            opener = self._opener(place, in_process=False, expiring=False)
            colleagues.append(Colleague(opener, False, work, *arguments))
            return colleagues[-1]

        yield start
        for colleague in colleagues:
            with suppress(OSError):
                colleague.dismiss()

    def _opener(self, place: Any, in_process: bool, expiring: bool) -> OpenBackend:
        method = self.open_expiring if expiring else self.open_backend
        if not in_process:
            return functools.partial(method, place)
        kind = type(self)
        if "<locals>" in kind.__qualname__:
            pytest.fail(
                f"move {kind.__name__} to the top of its module: other processes "
                "import it from there, to open the same storage"
            )
        return Recipe(
            kind.__module__,
            inspect.getfile(kind),
            kind.__qualname__,
            method.__name__,
            place,
        )
