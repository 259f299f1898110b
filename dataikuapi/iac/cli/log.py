"""Shows what the library logs on standard error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.output import write_error

__all__ = ["log_to_stderr"]

_LIBRARY = "dataikuapi.iac"
_LEVELS = {0: logging.WARNING, 1: logging.INFO}


@contextmanager
def log_to_stderr(settings: Settings) -> Iterator[None]:
    """While a command runs, write log records as lines such as ``warning: …``.

    With ``-v`` also what is informative, with ``-vv`` everything; with ``-q`` errors.
    """
    logger, handler = logging.getLogger(_LIBRARY), _StderrHandler()
    level = _LEVELS.get(settings.verbose, logging.DEBUG)
    handler.setLevel(logging.ERROR if settings.quiet else level)
    before = logger.level, logger.propagate
    logger.setLevel(min(level, logging.INFO))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])


class _StderrHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        write_error(f"{record.levelname.lower()}: {record.getMessage()}")
