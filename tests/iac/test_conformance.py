"""The backends of this project keep what they promise."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.backends import folder_store
from dataikuapi.iac.backends.conformance import BackendConformance
from iac.saver import is_new_state


class TestLocalFileBackend(BackendConformance):
    def open_backend(self, place):
        return LocalFileBackend(place)

    def failing(self, place):
        return [full_disk(self.open_backend(place), call) for call in WRITING]

    def losing_answers(self, place):
        return [lost_answer(self.open_backend(place))]

    def damage(self, place):
        Path(place).write_bytes(Path(place).read_bytes()[:-40])
        return True

    def tear_journal(self, place):
        journal = Path(f"{place}.journal.jsonl")
        journal.write_bytes(journal.read_bytes()[:-20])
        return True


WRITING = ["os.fsync", "os.replace", f"{folder_store.__name__}.atomic_temporary"]


@contextmanager
def full_disk(backend, call):
    """Let a call fail, as on a disk that is full."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with patch(call, side_effect=full):
        yield backend


@contextmanager
def lost_answer(backend):
    """Let a state be renamed, and the answer of the file server be lost."""
    rename = os.replace

    def replace(source, target):
        rename(source, target)
        if is_new_state(source):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with patch("os.replace", replace):
        yield backend
