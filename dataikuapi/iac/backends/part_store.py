"""Reads and writes the parts of a state, and the index of them, in a store of blobs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from dataikuapi.iac.backends.blob_store import BlobInfo, BlobStore
from dataikuapi.iac.exceptions import StateCorruptedError, StateNotFoundError
from dataikuapi.iac.statefile.manifest import (
    Manifest,
    Page,
    page_of,
    read_page,
    write_page,
)
from dataikuapi.iac.statefile.part_files import PartFile, digest_in, pack, unpack

__all__ = ["MissingPartError", "PartStore"]

_FOLDER = "parts/"
_SUFFIX = ".json.gz"
_AT_ONCE = 16
"""How many requests are made at the same time."""

T = TypeVar("T")
R = TypeVar("R")


class MissingPartError(StateCorruptedError):
    """A part is not there: it was removed, as nothing refers to it, or it is lost."""


class PartStore:
    """The parts of a state, and the pages of the index that has their names.

    The name of each is the digest of its content and the id of the save that wrote it.
    So none is ever replaced, and none is written again once it was removed: whoever
    removes one that nothing refers to need not hurry.

    Args:
        store: holds the state.
    """

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._pages: dict[str, Page] = {}

    def entries(self, manifest: Manifest, pages: Iterable[int] | None = None) -> Page:
        """Return the names of parts, by project key.

        Args:
            manifest: of the state.
            pages: the numbers of those to read; ``None`` for all.

        Raises:
            MissingPartError: if a page is not there.
            StateCorruptedError: if one is not valid.
            StateReadError: if one cannot be read.
        """
        numbers = range(len(manifest.pages)) if pages is None else sorted(set(pages))
        names = [manifest.pages[number] for number in numbers if manifest.pages[number]]
        missing = [name for name in names if name not in self._pages]
        known = {name: self._pages[name] for name in names if name in self._pages}
        known |= zip(missing, _all_of(self._read_page, missing), strict=True)
        if pages is None:
            self._pages = known
        else:
            self._pages = {**self._pages, **known}
        entries = {key: name for page in known.values() for key, name in page.items()}
        if pages is None and len(entries) != manifest.projects:
            raise StateCorruptedError(
                f"its index has {len(entries)} projects, and not the "
                f"{manifest.projects} that were stored"
            )
        return entries

    def entries_of(self, manifest: Manifest, project_keys: Iterable[str]) -> Page:
        """Return the names of the parts of some projects, as far as they are stored."""
        keys = set(project_keys)
        count = len(manifest.pages)
        entries = self.entries(manifest, (page_of(key, count) for key in keys))
        return {key: name for key, name in entries.items() if key in keys}

    def files(self, entries: Mapping[str, str]) -> list[PartFile]:
        """Return what is stored of projects.

        Args:
            entries: the names of their parts, by project key.

        Raises:
            MissingPartError: if one is not there.
            StateCorruptedError: if one is not what was written.
            StateReadError: if one cannot be read.
        """

        def read(item: tuple[str, str]) -> PartFile:
            key, name = item
            location = f"{self.location(name)}, which is project {key},"
            return PartFile(location, self._read(name, location))

        return _all_of(read, sorted(entries.items()))

    def name_of(self, data: bytes, stored: str, save_id: str) -> str:
        """Return the name of a content: that under which it is stored, if it is.

        Args:
            data: the content.
            stored: the name of what is stored in its place; "" for none.
            save_id: of the save that writes it, if it is another one.
        """
        digest = digest_in(data)
        return stored if stored.startswith(digest) else f"{digest}-{save_id[:8]}"

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write parts or pages.

        Args:
            contents: by name.

        Raises:
            StateWriteError: if one could not be written.
        """

        def write(item: tuple[str, bytes]) -> None:
            name, data = item
            self._store.write(self._blob(name), pack(data), None)

        _all_of(write, list(contents.items()))

    def write_pages(
        self, pages: Mapping[int, Page], names: list[str], save_id: str
    ) -> None:
        """Write pages of the index that have changed.

        Args:
            pages: by number.
            names: of the pages that are stored, by number; they are replaced.
            save_id: of the save.

        Raises:
            StateWriteError: if one could not be written.
        """
        contents = {}
        for number, page in pages.items():
            if not page:
                names[number] = ""
                continue
            data = write_page(page)
            name = self.name_of(data, names[number], save_id)
            if name != names[number]:
                names[number], contents[name] = name, data
        self.write(contents)
        self._pages |= {names[number]: page for number, page in pages.items() if page}

    def location(self, name: str) -> str:
        """Return where a part or a page is, for messages."""
        return str(self._store.location(self._blob(name)))

    def stored(self) -> list[BlobInfo]:
        """Return the blobs of all parts and pages, also those that nothing refers to.

        Raises:
            StateReadError: if they cannot be listed.
        """
        return self._store.list_blobs(_FOLDER)

    def remove(self, blobs: Sequence[BlobInfo]) -> None:
        """Remove parts or pages.

        Raises:
            StateWriteError: if one could not be removed.
        """

        def remove(blob: BlobInfo) -> None:
            with suppress(StateNotFoundError):  # Somebody else removed it.
                self._store.remove(blob.name)

        _all_of(remove, blobs)

    def blob_names(self, manifests: Iterable[Manifest]) -> set[str]:
        """Return the names of all blobs to which manifests lead.

        Raises:
            StateCorruptedError: if a page is missing, or not valid.
            StateReadError: if one cannot be read.
        """
        found: set[str] = set()
        for manifest in manifests:
            found |= {self._blob(name) for name in manifest.pages if name}
            found |= {self._blob(name) for name in self.entries(manifest).values()}
        return found

    def _read_page(self, name: str) -> Page:
        location = f"{self.location(name)}, which is a page of the index,"
        data = self._read(name, location)
        try:
            return read_page(data)
        except StateCorruptedError as error:
            raise StateCorruptedError(f"{location} is not valid: {error}") from error

    def _read(self, name: str, location: str) -> bytes:
        try:
            stored = self._store.read(self._blob(name)).data
        except StateNotFoundError as error:
            raise MissingPartError(f"{location} is missing") from error
        try:
            return unpack(stored, name.partition("-")[0])
        except StateCorruptedError as error:
            raise StateCorruptedError(f"{location} is damaged: {error}") from error

    def _blob(self, name: str) -> str:
        return f"{_FOLDER}{name}{_SUFFIX}"


def _all_of(do: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Do something with all items, in several threads if there are several."""
    if len(items) < 2:
        return [do(item) for item in items]
    with ThreadPoolExecutor(min(_AT_ONCE, len(items))) as pool:
        futures = [pool.submit(do, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)  # Do not go on for nothing.
            raise
