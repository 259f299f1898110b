"""Reading and appending to ``.dataikuignore`` files."""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from dataikuapi.iac.exceptions import IgnoreFileError
from dataikuapi.iac.files import (
    Access,
    atomic_temporary,
    fsync_dir,
    read_regular,
    resolve_symlink,
)
from dataikuapi.iac.ignore.rules import IgnoreRule

__all__ = ["add_to_ignore_file", "default_rules", "read_ignore_file"]

DEFAULT_IGNORE_FILE = Path(".dataikuignore")
_BOM = "\ufeff"
_NO_NOTES: Mapping[IgnoreRule, str] = {}


def read_ignore_file(path: str | Path) -> list[IgnoreRule]:
    """Read the rules in a ``.dataikuignore`` file.

    The file is UTF-8 text with one rule per line, see
    :meth:`~dataikuapi.iac.ignore.rules.IgnoreRule.parse`. Blank lines and lines that
    start with ``#`` are skipped.

    Args:
        path: the file.

    Returns:
        The rules in the order of their lines.

    Raises:
        IgnoreFileError: if the file does not exist or cannot be read, or if a line is
            not a valid rule; the message gives its number.

    Example:
        .. code-block:: python

            engine = DiffEngine(ignore=read_ignore_file(".dataikuignore"))
    """
    path = Path(path)
    try:
        return _parse_rules(path, _read(path))
    except FileNotFoundError as error:
        raise IgnoreFileError(
            f"there is no file {path}; create it, or omit it if nothing is to be "
            "ignored"
        ) from error


def default_rules() -> list[IgnoreRule]:
    """Return the rules in ``.dataikuignore`` of the current folder, if it exists.

    Raises:
        IgnoreFileError: if it exists but is not valid, see :func:`read_ignore_file`.
    """
    try:
        return _parse_rules(DEFAULT_IGNORE_FILE, _read(DEFAULT_IGNORE_FILE))
    except FileNotFoundError:
        return []


def add_to_ignore_file(
    path: str | Path,
    rules: Iterable[IgnoreRule],
    comment: str,
    notes: Mapping[IgnoreRule, str] = _NO_NOTES,
) -> int:
    """Append rules to a ``.dataikuignore`` file, except those already in it.

    A rule is in it if one there ignores the same for as long, whoever added it and why.

    The existing content is preserved byte for byte. The file is replaced atomically, so
    a reader sees the old or the new content, even after a crash. A symbolic link is
    followed. If there is nothing to add, nothing is written.

    Args:
        path: the file; it and its parent folders are created if missing.
        rules: the rules to append, in this order.
        comment: written above the rules.
        notes: comments that are written above single rules.

    Returns:
        The number of rules added.

    Raises:
        IgnoreFileError: if the file has an invalid line, or cannot be read or written.
            The file is then unchanged.
    """
    path = Path(path)
    try:
        data = _read(path)
    except FileNotFoundError:
        data = b""
    ignored_until = _last_days(_parse_rules(path, data))
    added = {
        rule: notes.get(rule, "")
        for rule in rules
        if ignored_until.get(_ignored(rule), date.min) < (rule.expires or date.max)
    }
    if added:
        _replace(path, data + _format_block(data, added, comment))
    return len(added)


def _ignored(rule: IgnoreRule) -> tuple[str, str | None, str | None]:
    return rule.resource, rule.path, rule.fingerprint


def _last_days(rules: Iterable[IgnoreRule]) -> dict[object, date]:
    """Return until when each change is ignored."""
    days: dict[object, date] = {}
    for rule in rules:
        day = rule.expires or date.max
        days[_ignored(rule)] = max(day, days.get(_ignored(rule), day))
    return days


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise IgnoreFileError(
            f"cannot read {path}: {error.strerror}; name a readable text file"
        ) from error


def _parse_rules(path: Path, data: bytes) -> list[IgnoreRule]:
    rules = []
    for number, text in enumerate(_decode(path, data).split("\n"), start=1):
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        try:
            rules.append(IgnoreRule.parse(line))
        except ValueError as error:
            raise IgnoreFileError(
                f"{path}, line {number}: {error}. Fix the line or comment it out with #"
            ) from error
    return rules


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise IgnoreFileError(
            f"{path}, line {number}: not UTF-8, {error.reason}; save the file as UTF-8"
        ) from error


def _format_block(data: bytes, rules: Mapping[IgnoreRule, str], comment: str) -> bytes:
    """Return the text to append, with the line endings of the file."""
    lines = _comments(comment)
    for rule, note in rules.items():
        lines += [*_comments(note), str(rule)]
    end = "\r\n" if b"\r\n" in data else "\n"
    text = "".join(f"{line}{end}" for line in lines)
    if data:
        text = f"{end}{text}" if data.endswith(b"\n") else f"{end}{end}{text}"
    # str(rule) is always valid Unicode; a comment may have lone surrogates.
    return text.encode("utf-8", "backslashreplace")


def _comments(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()]


def _replace(path: Path, data: bytes) -> None:
    target = resolve_symlink(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_temporary(target, data, Access.of(target)) as temporary:
            os.replace(temporary, target)
    except OSError as error:
        raise IgnoreFileError(
            f"cannot write {path}: {error.strerror}; the file is unchanged. Name a "
            "file in a writable folder"
        ) from error
    fsync_dir(target.parent)
