"""Which rules stand in a ``.dataikuignore`` file, and how do others get there?"""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from dataikuapi.iac.exceptions import IgnoreFileError
from dataikuapi.iac.models.ignore import IgnoreRule

__all__ = ["add_to_ignore_file", "default_rules", "read_ignore_file"]

_USUAL = Path(".dataikuignore")


def read_ignore_file(path: str | Path) -> list[IgnoreRule]:
    """Read the rules of a file, one in each line.

    Empty lines, and those that begin with ``#``, are no rules.

    Args:
        path: of a text in UTF-8.

    Raises:
        IgnoreFileError: if it cannot be read, or a line is no rule.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise IgnoreFileError(
            f"the rules in {path} cannot be read: {error}. Check the path, the rights, "
            "and that it is a text in UTF-8"
        ) from error
    rules = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                rules.append(IgnoreRule.parse(line))
            except ValueError as error:
                raise IgnoreFileError(f"{path}, line {number}: {error}") from error
    return rules


def default_rules() -> list[IgnoreRule]:
    """Return the rules of ``.dataikuignore`` in the current folder, if it is there.

    Raises:
        IgnoreFileError: as :func:`read_ignore_file`.
    """
    return read_ignore_file(_USUAL) if _USUAL.exists() else []


def add_to_ignore_file(
    path: str | Path, rules: Iterable[IgnoreRule], comment: str
) -> int:
    """Append the rules that are not there yet; what is in the file stays.

    Args:
        path: is made if it is not there, with its folders.
        rules: what to add.
        comment: stands above them, in one line.

    Returns:
        How many were added; with none, the file is not touched.

    Raises:
        IgnoreFileError: if the file holds something else, or cannot be written; it is
            as it was then.
    """
    path = Path(path)
    there = read_ignore_file(path) if path.exists() else []
    added = [rule for rule in dict.fromkeys(rules) if rule not in there]
    if not added:
        return 0
    lines = ["# " + " ".join(comment.split()), *map(str, added), ""]
    try:
        before = path.read_bytes() if path.exists() else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        _replace(path, before + "\n".join(lines).encode("utf-8"))
    except OSError as error:
        raise IgnoreFileError(
            f"the rules could not be written to {path}: {error}. Check the rights and "
            "the space left; the file is as it was"
        ) from error
    return len(added)


def _replace(path: Path, data: bytes) -> None:
    """Write the whole file aside, and put it in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, mode)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
