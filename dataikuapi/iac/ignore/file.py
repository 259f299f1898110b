"""Where are the rules kept that tell what a team does not watch?"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from dataikuapi.iac.exceptions import IgnoreFileError
from dataikuapi.iac.files import atomic_temporary, fsync_dir, resolve_symlink
from dataikuapi.iac.ignore.rules import IgnoreRule

__all__ = ["add_to_ignore_file", "default_rules", "read_ignore_file"]

DEFAULT_IGNORE_FILE = Path(".dataikuignore")
_BOM = "\ufeff"


def read_ignore_file(path: str | Path) -> list[IgnoreRule]:
    """Read the rules of a ``.dataikuignore`` file.

    It is text in UTF-8 with one rule a line, see
    :meth:`~dataikuapi.iac.ignore.rules.IgnoreRule.parse`. Blank lines, and lines that
    begin with ``#``, are skipped.

    Args:
        path: of the file.

    Returns:
        The rules in the order of the lines.

    Raises:
        IgnoreFileError: if there is no such file, if it cannot be read, or if a line is
            no rule; then with its number.

    Example:
        .. code-block:: python

            engine = DiffEngine(ignore=read_ignore_file(".dataikuignore"))
    """
    path = Path(path)
    try:
        return _rules(path, _read(path))
    except FileNotFoundError as error:
        raise IgnoreFileError(
            f"there is no file {path}; create it, or leave it out if nothing is to be "
            "ignored"
        ) from error


def default_rules() -> list[IgnoreRule]:
    """Return the rules of ``.dataikuignore`` in the current folder, if it is there.

    Raises:
        IgnoreFileError: as :func:`read_ignore_file`.
    """
    try:
        return _rules(DEFAULT_IGNORE_FILE, _read(DEFAULT_IGNORE_FILE))
    except FileNotFoundError:
        return []


def add_to_ignore_file(
    path: str | Path, rules: Iterable[IgnoreRule], comment: str
) -> int:
    """Append those rules to a ``.dataikuignore`` file that are not in it yet.

    What is in the file stays as it is, byte by byte. The file is replaced in one step,
    so that whoever reads sees the old one or the new one, also after a crash; a
    symbolic link stays one. Where no rule is to be added, nothing is written.

    Args:
        path: of the file; it and its folders are created where they are missing.
        rules: to be added, in this order.
        comment: is written above them.

    Returns:
        How many rules were added.

    Raises:
        IgnoreFileError: if a line of the file is no rule, or if it cannot be read or
            written; what was in it is intact.
    """
    path = Path(path)
    try:
        data = _read(path)
    except FileNotFoundError:
        data = b""
    known = set(_rules(path, data))
    added = [rule for rule in dict.fromkeys(rules) if rule not in known]
    if added:
        _replace(path, data + _block(data, added, comment))
    return len(added)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise IgnoreFileError(
            f"cannot read {path}: {error.strerror}; name a text file that you may read"
        ) from error


def _rules(path: Path, data: bytes) -> list[IgnoreRule]:
    rules = []
    for number, line in enumerate(_text(path, data).split("\n"), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            rules.append(IgnoreRule.parse(line))
        except ValueError as error:
            raise IgnoreFileError(
                f"{path}, line {number}: {error}. Mend the line, or put # before it"
            ) from error
    return rules


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise IgnoreFileError(
            f"{path}, line {number}: not UTF-8, {error.reason}; save the file as UTF-8"
        ) from error


def _block(data: bytes, rules: Iterable[IgnoreRule], comment: str) -> bytes:
    """Return what is to be appended, with the line ends that the file has."""
    comments = [f"# {line}".rstrip() for line in comment.splitlines()]
    end = "\r\n" if b"\r\n" in data else "\n"
    text = "".join(f"{line}{end}" for line in [*comments, *map(str, rules)])
    if data:
        text = f"{end}{text}" if data.endswith(b"\n") else f"{end}{end}{text}"
    # A rule is Unicode whatever is in it; a comment may hold anything.
    return text.encode("utf-8", "backslashreplace")


def _replace(path: Path, data: bytes) -> None:
    target = resolve_symlink(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A new file has the mode of any other.
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        with atomic_temporary(target, data, mode) as temporary:
            os.replace(temporary, target)
    except OSError as error:
        raise IgnoreFileError(
            f"cannot write {path}: {error.strerror}; what was in it is intact. Name a "
            "file in a folder that you may write to"
        ) from error
    fsync_dir(target.parent)
