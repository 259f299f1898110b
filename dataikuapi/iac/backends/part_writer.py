"""Writes the parts of a version that differ from what is stored, and its index."""

import uuid
from collections.abc import Collection

from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.backends.part_store import PartStore
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.statefile.manifest import Manifest, Page, page_count, page_of
from dataikuapi.iac.statefile.part_files import write_part
from dataikuapi.iac.statefile.parts import StateParts

__all__ = ["PartWriter"]

_LEAST_SAVES = 20
_SAVES_BY_PROJECTS = 4
"""To find what nothing refers to, all parts are listed: once in a fourth as many saves
as there are projects, so that a save of one project does not pay for the others."""


class PartWriter:
    """Writes versions, except for their manifest.

    Args:
        parts: where they go.
        max_versions: how many older versions are kept.
    """

    def __init__(self, parts: PartStore, max_versions: int) -> None:
        self._parts = parts
        self._least_saves = max(max_versions, _LEAST_SAVES)

    def write(self, new: NewVersion[StateParts], base: Manifest | None) -> Manifest:
        """Write the parts and pages that are not stored yet.

        Args:
            new: the version.
            base: of the version that it replaces; ``None`` for nothing, or to use
                nothing of what is stored.

        Returns:
            The manifest that leads to them; it has not been written.

        Raises:
            StateWriteError: if something could not be written.
        """
        try:
            return self._write(new, base)
        except (StateCorruptedError, StateReadError) as error:
            raise StateWriteError(
                f"{error}. So where the other projects are is unknown, and nothing was "
                "stored"
            ) from error

    def _write(self, new: NewVersion[StateParts], base: Manifest | None) -> Manifest:
        save_id = uuid.uuid4().hex
        stored = self._replaced(new.base.projects, base)
        written = new.encoded.data
        entries, contents = {}, {}
        for key, part in written.projects.items():
            data = write_part(part)
            name = self._parts.name_of(data, stored.get(key, ""), save_id)
            entries[key] = name
            if name != stored.get(key):
                contents[name] = data
        self._parts.write(contents)
        others = base.projects - len(stored) if base is not None else 0
        projects = others + len(entries)
        return Manifest(
            head=written.head,
            pages=self._write_index(base, stored.keys(), entries, projects, save_id),
            projects=projects,
            save_id=save_id,
            previous=base.saves if base is not None else (),
            collected=self._collected(new.serial, projects, base),
        )

    def _replaced(
        self, project_keys: Collection[str] | None, base: Manifest | None
    ) -> Page:
        """Return the names of the parts that are replaced or dropped."""
        if base is None:
            return {}
        if project_keys is None:
            return self._parts.entries(base)
        return self._parts.entries_of(base, project_keys)

    def _write_index(
        self,
        base: Manifest | None,
        replaced: Collection[str],
        entries: Page,
        projects: int,
        save_id: str,
    ) -> tuple[str, ...]:
        """Write the pages that change, and return the names of all."""
        names = list(base.pages) if base is not None else [""]
        count = page_count(projects, len(names))
        numbers = {page_of(key, count) for key in (*replaced, *entries)}
        stored: Page = {}
        if count > len(names):  # So each project may be on another page.
            stored = self._parts.entries(base) if base is not None else {}
            names, numbers = [""] * count, set(range(count))
        elif base is not None:
            stored = self._parts.entries(base, numbers)
        pages: dict[int, Page] = {number: {} for number in numbers}
        for key, name in stored.items():
            if key not in replaced:
                pages[page_of(key, count)][key] = name
        for key, name in entries.items():
            pages[page_of(key, count)][key] = name
        self._parts.write_pages(pages, names, save_id)
        return tuple(names)

    def _collected(self, serial: int, projects: int, base: Manifest | None) -> int:
        """Return the serial of the last save that removes what nothing refers to."""
        if base is None:
            return serial
        saves = max(self._least_saves, projects // _SAVES_BY_PROJECTS)
        return serial if serial - base.collected > saves else base.collected
