"""Checks that the paths of files made of names from DSS are safe on any system."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from dataikuapi.iac.exceptions import SourceError

__all__ = ["require_distinct", "require_safe"]

_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?",
    re.IGNORECASE,
)
"""Names that Windows takes for devices in any folder, whatever the extension."""

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\:]")
"""Control characters, and what separates folders, drives and streams on Windows."""

_GIT = re.compile(r"\.git|git~[0-9]+", re.IGNORECASE)
"""The folder of a repository, and its short name on Windows."""

_MAX_BYTES = 255
"""The longest name of a file on common file systems."""


def require_safe(paths: Mapping[str, str]) -> None:
    """Check that each path stays inside the folder, and is possible on any system.

    Args:
        paths: ids of objects, by the path of a file that they are to have.

    Raises:
        SourceError: if one is not; the message names the object.
    """
    for path, resource_id in paths.items():
        for part in path.split("/"):
            problem = _problem(part)
            if problem:
                raise SourceError(
                    f"{resource_id} cannot have a file: {part!r:.300} {problem}. "
                    "Rename the object in DSS"
                )


def require_distinct(paths: Iterable[str], others: Iterable[str]) -> None:
    """Check that no two paths are the same on macOS and Windows.

    Args:
        paths: of files that are to be written.
        others: of files that are there, and stay.

    Raises:
        SourceError: if two differ only by case, or by how they are encoded.
    """
    found: dict[str, str] = {}
    clashes = []
    for path in paths:
        clash = found.setdefault(_folded(path), path)
        if clash != path:
            clashes.append((clash, path))
    for path in others:
        clash = found.get(_folded(path), path)
        if clash != path:
            clashes.append((clash, path))
    if clashes:
        lines = "".join(f"\n  {one!r} and {other!r}" for one, other in sorted(clashes))
        raise SourceError(
            "these files would be one and the same on macOS and Windows; rename one of "
            f"the objects in DSS, or the file that is there:{lines}"
        )


def _problem(part: str) -> str | None:
    """Return why a part of a path is not safe; ``None`` if it is."""
    visible = "".join(_visible(part))
    if part in ("", ".", ".."):
        return "is not the name of a file"
    if _FORBIDDEN.search(part):
        return "has a backslash, a colon or a control character"
    if part[-1] in ". ":
        return "ends with a dot or a blank, which Windows drops"
    if _GIT.fullmatch(visible):
        return "is the name of a folder of git"
    if _DEVICE.fullmatch(part):
        return "is the name of a device on Windows"
    if len(part.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        return f"is longer than {_MAX_BYTES} bytes"
    return None


def _visible(part: str) -> Iterator[str]:
    """Yield the characters that HFS+ does not ignore, as in ``.g\u200cit``."""
    return (char for char in part if unicodedata.category(char) != "Cf")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
