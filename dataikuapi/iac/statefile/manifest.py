"""The manifest of a state whose projects are stored apart.

A state is a tree of documents: the manifest has what belongs to no project, and the
names of the pages of an index; each page has the names of the parts of some projects;
each part is what the state has of one project. Pages and parts are named by their
content, and never change. So a save of one project writes its part, one page and the
manifest, however many projects there are; and whoever has read a manifest can read all
that it leads to, whatever others save meanwhile.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from dataikuapi.iac.exceptions import NewerFormatError, StateCorruptedError
from dataikuapi.iac.models import State
from dataikuapi.iac.statefile.serialization import Document, build, parse

__all__ = ["Manifest", "Page", "page_count", "page_of", "read_page", "write_page"]

FORMAT = "dataiku-iac-manifest"
VERSION = 1

MAX_PREVIOUS = 20
"""How many earlier saves a manifest remembers."""

Page = dict[str, str]
"""The names of the parts of some projects, by project key."""


@dataclass(frozen=True)
class Manifest:
    """What is stored of a state beside its projects, and where those are.

    Args:
        head: the document of the state, without what belongs to projects.
        pages: the names of the pages of the index; "" for one that is empty. Which page
            a project is on, :func:`page_of` says.
        projects: how many there are.
        save_id: identifies the save that wrote it.
        previous: those of the saves before, the last one first. So a save whose answer
            was lost can be told from one that was refused, also after another one.
        collected: the serial of the save that last removed what nothing refers to.
    """

    head: Document
    pages: tuple[str, ...]
    projects: int
    save_id: str
    previous: tuple[str, ...] = ()
    collected: int = 0

    @property
    def serial(self) -> int:
        """The serial of the state."""
        return int(self.head["serial"])

    @property
    def saves(self) -> tuple[str, ...]:
        """The ids of the last saves, its own first."""
        return (self.save_id, *self.previous)[:MAX_PREVIOUS]

    def to_bytes(self) -> bytes:
        """Return it as it is stored: JSON, indented, so that people can read it."""
        document = {
            "format": FORMAT,
            "format_version": VERSION,
            "state": self.head,
            "projects": self.projects,
            "save_id": self.save_id,
            "previous": list(self.previous),
            "collected": self.collected,
            "pages": list(self.pages),
        }
        return orjson.dumps(
            document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """Read a manifest.

        Raises:
            StateCorruptedError: if it is not one; says why.
        """
        if not data:
            raise StateCorruptedError("it is empty (0 bytes)")
        document = parse(data)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise StateCorruptedError(_what_it_is(document))
        version = document.get("format_version")
        if version != VERSION:
            is_newer = isinstance(version, int) and version > VERSION
            raise (NewerFormatError if is_newer else StateCorruptedError)(
                f"its format is version {version!r:.40}, and "
                f"this version of the library reads {VERSION}: update dataiku-iac"
            )
        try:
            manifest = cls(
                head=document["state"],
                pages=_names(document["pages"]),
                projects=_count(document["projects"]),
                save_id=_names([document["save_id"]])[0],
                previous=_names(document["previous"]),
                collected=_count(document["collected"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StateCorruptedError(f"its manifest is damaged: {error}") from error
        if len(manifest.pages).bit_count() != 1:  # Their number is a power of two.
            raise StateCorruptedError("its manifest is damaged: pages are missing")
        manifest.state()
        return manifest

    def state(self) -> State:
        """Return the state without its projects.

        Raises:
            StateCorruptedError: if what the manifest has of it is not valid.
        """
        if not isinstance(self.head, dict):
            raise StateCorruptedError("its manifest is damaged: state is no object")
        return build({**self.head, "resources": {}})


def page_count(projects: int, at_least: int = 1) -> int:
    """Return on how many pages the index of that many projects is: a power of two.

    It grows with the square root of their number, as the pages themselves do, so that
    neither the manifest nor a page becomes large. It does not shrink: then all that
    stays would have to be written again.

    Args:
        projects: how many there are.
        at_least: how many pages there were before.
    """
    count = at_least
    while 4 * count * count < projects:
        count *= 2
    return count


def page_of(project_key: str, pages: int) -> int:
    """Return the number of the page that a project is on.

    Args:
        project_key: of the project.
        pages: how many there are.
    """
    digest = hashlib.sha256(project_key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") % pages


def write_page(page: Mapping[str, str]) -> bytes:
    """Return a page as it is stored."""
    return orjson.dumps(page, option=orjson.OPT_SORT_KEYS)


def read_page(data: bytes) -> Page:
    """Read a page.

    Raises:
        StateCorruptedError: if it is not one.
    """
    document = parse(data)
    if not isinstance(document, dict):
        raise StateCorruptedError("it is no page of an index")
    try:
        return dict(zip(document, _names(document.values()), strict=True))
    except TypeError as error:
        raise StateCorruptedError(f"it is no page of an index: {error}") from error


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    names = tuple(values)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{name!r:.40} is no name")
    return names


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is no number of something")
    return value


def _what_it_is(document: Any) -> str:
    if isinstance(document, dict) and "resources" in document:
        return (
            "it is a state file, and not the manifest of a state whose projects are "
            "stored apart. Move it away, and copy its state here: dataiku-iac state "
            "migrate"
        )
    return "it is not the manifest of a state"
