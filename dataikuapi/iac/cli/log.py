"""Shows what the library logs on standard error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.output import write_error

__all__ = ["log_to_stderr"]

_LIBRARY = "dataikuapi.iac"
_WAITING = "dataikuapi.iac.backends.locks"
_LEVELS = {0: logging.WARNING, 1: logging.INFO}


@contextmanager
def log_to_stderr(settings: Settings) -> Iterator[None]:
    """While a command runs, write log records as lines such as ``warning: …``.

    On a terminal also what a save waits for. With ``-v`` also what is informative, with
    ``-vv`` everything; with ``-q`` errors only.
    """
    library, handler = logging.getLogger(_LIBRARY), _Handler(settings)
    before = library.level
    library.setLevel(min(handler.level, logging.INFO))
    library.addHandler(handler)
    try:
        yield
    finally:
        library.removeHandler(handler)
        library.setLevel(before)


class _Handler(logging.Handler):
    def __init__(self, settings: Settings) -> None:
        level = _LEVELS.get(settings.verbose, logging.DEBUG)
        self._shown = logging.ERROR if settings.quiet else level
        self._shows_waiting = settings.shows_progress
        super().__init__()
        self.setLevel(min(self._shown, logging.INFO))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, if it is to be shown."""
        is_waiting = self._shows_waiting and record.name == _WAITING
        if record.levelno >= self._shown or is_waiting:
            is_wrong = record.levelno >= logging.WARNING
            prefix = f"{record.levelname.lower()}: " if is_wrong else ""
            write_error(f"{prefix}{record.getMessage()}")
