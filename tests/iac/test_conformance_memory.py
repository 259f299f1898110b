"""The backends in memory, of the guide and of the tests, keep what they promise."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest

from dataikuapi.iac.backends.conformance import BackendConformance
from dataikuapi.iac.exceptions import StateWriteError
from dataikuapi.iac.statefile.serialization import loads
from iac.five_methods import FiveMethods
from iac.memory import MemoryBackend, MemoryStore
from iac.parts_memory import PartsInMemory, Shared


@contextmanager
def failing_at(kind, name, backend, first):
    """Let a method fail: before it does anything, or after it did all."""
    method = getattr(kind, name)

    def failing(self, *arguments, **options):
        if not first:
            method(self, *arguments, **options)
        raise StateWriteError("the connection was lost")

    with patch.object(kind, name, failing):
        yield backend


class TestMemoryBackend(BackendConformance):
    @pytest.fixture
    def new_place(self):
        return dict

    def open_backend(self, place):
        return MemoryBackend(place)

    def failing(self, place):
        return [failing_at(MemoryStore, "write", self.open_backend(place), True)]

    def losing_answers(self, place):
        return [losing_answer_of_state(self.open_backend(place))]

    def load_backup(self, place, location):
        return loads(place[location.removeprefix("memory:")][0].data)


@contextmanager
def losing_answer_of_state(backend):
    write = MemoryStore.write

    def losing(self, name, data, expected):
        token = write(self, name, data, expected)
        if name == backend.name:
            raise StateWriteError("the connection was lost")
        return token

    with patch.object(MemoryStore, "write", losing):
        yield backend


class TestPartsInMemory(BackendConformance):
    @pytest.fixture
    def new_place(self):
        return Shared

    def open_backend(self, place):
        return PartsInMemory(place)

    def failing(self, place):
        return [self._at("replace_parts", place, True)]

    def losing_answers(self, place):
        return [self._at("replace_parts", place, False)]

    def _at(self, name, place, first):
        return failing_at(PartsInMemory, name, self.open_backend(place), first)

    def load_backup(self, place, location):
        return PartsInMemory(place).load_backup(location)


class TestFiveMethods(BackendConformance):
    """Its storage is the object itself."""

    @pytest.fixture
    def new_place(self):
        return FiveMethods

    def open_backend(self, place):
        return place

    def failing(self, place):
        return []

    def losing_answers(self, place):
        return []

    def load_backup(self, place, location):
        return loads(place.backups[int(location.split("-")[-1]) - 1])
