"""Writes to standard output and standard error, whatever their encodings."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from dataikuapi.iac.cli.errors import OutputError
from dataikuapi.iac.cli.wording import without_python
from dataikuapi.iac.console import printable

__all__ = [
    "discard",
    "flush",
    "is_terminal",
    "output_to",
    "require_stdout",
    "write_document",
    "write_error",
    "write_text",
]


def require_stdout() -> None:
    """Check that there is a standard output, before anything is read or stored.

    Raises:
        OutputError: if it is closed.
    """
    if sys.stdout is None or sys.stdout.closed:
        raise OutputError("cannot write to standard output: it is closed")


def write_text(text: str) -> None:
    """Write a text for people, and a line break, to standard output.

    Characters that its encoding lacks are written as Python escapes.

    Raises:
        OutputError: if it cannot be written.
    """
    with _output_errors():
        sys.stdout.write(f"{_encodable(text, sys.stdout)}\n")
        sys.stdout.flush()


def write_document(text: str) -> None:
    """Write a text for programs to standard output, in UTF-8 whatever its encoding.

    Raises:
        OutputError: if it cannot be written.
    """
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # A replaced stream, in a notebook: it takes any text.
        write_text(text)
        return
    with _output_errors():
        sys.stdout.flush()
        binary.write(f"{text}\n".encode("utf-8", "backslashreplace"))
        binary.flush()


def write_error(text: str) -> None:
    """Write lines to standard error, control characters escaped, options for Python.

    Where it is closed or full there is no place to report that: the exit code says it.
    """
    stream = sys.stderr
    if stream is None:
        return
    lines = "\n".join(map(printable, without_python(text).split("\n")))
    try:
        stream.write(f"{_encodable(lines, stream)}\n")
        stream.flush()
    except OSError:
        discard(stream)


def flush() -> None:
    """Flush both streams, so that nothing is left to fail when Python exits.

    Raises:
        OutputError: if standard output cannot be written.
    """
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:
            discard(sys.stderr)
    with _output_errors():
        sys.stdout.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is open, and a terminal."""
    return stream is not None and stream.isatty()


@contextmanager
def output_to(path: Path | None) -> Iterator[None]:
    """Write what goes to standard output to a file instead, in UTF-8.

    The file is replaced when all is written; if that fails, it is unchanged.

    Args:
        path: of the file; ``None`` or ``-`` for standard output.

    Raises:
        OutputError: if it cannot be written.
    """
    if path is None or str(path) == "-":
        yield
        return
    is_special = path.exists() and not path.is_file()  # E.g. /dev/stderr, or a pipe.
    written = path if is_special else path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _file_errors(path):
        binary = written.open("wb")
    with _OutputFile(binary, path) as stream, redirect_stdout(stream):
        try:
            yield
            flush()
            if not is_special:
                with _file_errors(path):
                    os.fsync(binary.fileno())  # A crash leaves the old file or all.
                    os.replace(written, path)
        finally:
            if not is_special:
                with suppress(OSError):
                    written.unlink()


class _OutputFile(TextIOWrapper):
    """A file that knows its name for messages."""

    def __init__(self, binary: BinaryIO, path: Path) -> None:
        super().__init__(binary, encoding="utf-8")
        self.target = str(path)

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):  # What could not be written was reported.
            self.close()


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write to {path}: {error.strerror}") from error


def discard(stream: TextIO) -> None:
    """Send what a stream still buffers to the null device.

    Otherwise Python tries to write it again at exit, fails, and exits with 120.
    """
    with suppress(OSError):  # A replaced stream has no file descriptor.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


@contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # The reader has seen enough: nothing went wrong.
    except OSError as error:
        discard(sys.stdout)
        reason = error.strerror or type(error).__name__
        raise OutputError(f"cannot write to {_target(sys.stdout)}: {reason}") from error


def _target(stream: TextIO) -> str:
    return getattr(stream, "target", "standard output")


def _encodable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
