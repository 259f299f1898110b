"""What is in the folder of a project, and which of it somebody has changed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from dataikuapi.iac.sources.known_objects import digest_of
from dataikuapi.iac.sources.marker import KnownObject, Marker
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.layout import Files
from dataikuapi.iac.types.registry import PROJECT

__all__ = ["Contents", "FilesWithout"]

_NO_MARKER = Marker("", ())


@dataclass(frozen=True)
class Contents:
    """What is in the folder of a project before a pull.

    Args:
        files: contents by path.
        marker: what the last pull wrote; ``None`` without one.
        tracked: paths of the files in the last commit, if there is a repository.
        unchanged: those of them that are as they were committed.
    """

    files: Files
    marker: Marker | None = None
    tracked: Collection[str] = frozenset()
    unchanged: Collection[str] = frozenset()

    @property
    def _before(self) -> Marker:
        """What the last pull wrote; nothing without one."""
        return self.marker or _NO_MARKER

    def covered_types(self) -> frozenset[str]:
        """Return the types that the files cover; none if they are not a project's."""
        if self.marker is not None:
            return frozenset(self.marker.types)
        paths = self.files.keys()
        if PROJECT.layout is None or not PROJECT.layout.covers(paths):
            return frozenset()
        return frozenset(
            name
            for name, kind in TYPES.items()
            if kind.layout is not None and kind.layout.covers(paths)
        )

    def changes(self, paths: Collection[str]) -> dict[str, str]:
        """Return what somebody did to files since pull wrote them, or git did.

        Args:
            paths: of the files; those to which nobody did anything are left out.
        """
        found = ((path, self._change(path)) for path in paths)
        return {path: change for path, change in found if change is not None}

    def _change(self, path: str) -> str | None:
        marker = self._before
        was_there = path in marker.digests or path in self.tracked
        if path not in self.files:
            is_removed_by_pull = marker.pending.get(path, "") is None
            return "deleted" if was_there and not is_removed_by_pull else None
        if path in self.unchanged:
            return None
        written = (marker.digests.get(path), marker.pending.get(path))
        if digest_of(self.files[path]) in written:
            return None
        return "changed" if was_there or path in marker.pending else "not from pull"

    def interrupted(self, touched: Collection[str]) -> tuple[str, ...]:
        """Return what an earlier pull, which did not finish, wrote or removed.

        Args:
            touched: paths that this pull writes or removes, which are left out.
        """
        pending = self._before.pending
        return tuple(path for path in sorted(pending) if path not in touched)

    def uncommitted(self, digests: Mapping[str, str]) -> frozenset[str]:
        """Return the files that are as pull wrote them, and not as they were committed.

        Args:
            digests: of the files as pull wrote them, by path.
        """
        return frozenset(
            path
            for path, digest in digests.items()
            if path in self.files
            and path not in self.unchanged
            and digest_of(self.files[path]) == digest
        )

    def marker_before(
        self, project_key: str, writes: Mapping[str, bytes], removals: Collection[str]
    ) -> Marker:
        """Return the marker of a pull that has begun.

        A folder that is not a project's yet covers no type before all files are there.

        Args:
            project_key: of the project.
            writes: contents of the files that are about to be written.
            removals: paths of those that are about to be removed.
        """
        pending: dict[str, str | None] = dict.fromkeys(removals)
        pending |= {path: digest_of(data) for path, data in writes.items()}
        digests = self._digests()
        for path in pending:
            digests.pop(path, None)
            if path in self.files:
                digests[path] = digest_of(self.files[path])
        types = tuple(sorted(self.covered_types()))
        marker = self._before
        return Marker(
            project_key, types, digests, pending, marker.objects, marker.unread
        )

    def marker_after(
        self,
        project_key: str,
        types: Collection[str],
        wanted: Mapping[str, bytes],
        removals: Collection[str],
        objects: Mapping[str, KnownObject],
        unread: Collection[str],
    ) -> Marker:
        """Return the marker of a pull that has finished.

        Args:
            project_key: of the project.
            types: that the files cover then.
            wanted: contents of all files of objects that were read.
            removals: paths of the files that were removed.
            objects: that were read, by id.
            unread: ids of those that could not be read and have no files.
        """
        digests = {
            path: digest
            for path, digest in self._digests().items()
            if path in self.files and path not in removals
        }
        digests |= {path: digest_of(data) for path, data in wanted.items()}
        left = digests.keys() - wanted.keys()
        others = {
            rid: known
            for rid, known in self._before.objects.items()
            if left.issuperset(known.paths)
        }
        return Marker(
            project_key,
            tuple(sorted(types)),
            dict(sorted(digests.items())),
            objects={**others, **objects},
            unread=tuple(sorted(unread)),
        )

    def known(self, resource_id: str, files: Mapping[str, bytes]) -> KnownObject | None:
        """Return what the last pull knew of an object, if these are its files still.

        Args:
            resource_id: of the object.
            files: that it is to have.
        """
        marker = self._before
        known = marker.objects.get(resource_id)
        if known is None or set(known.paths) != files.keys():
            return None
        is_same = all(
            digest_of(data) == marker.digests.get(path) for path, data in files.items()
        )
        return known if is_same else None

    def _digests(self) -> dict[str, str]:
        """Return the digests of what pull wrote, an interrupted one included."""
        marker = self._before
        digests = dict(marker.digests)
        for path, digest in marker.pending.items():
            is_done = path in self.files and digest_of(self.files[path]) == digest
            if digest is not None and is_done:
                digests[path] = digest
        return digests


class FilesWithout(Mapping[str, bytes]):
    """Files without some of them; none is read before it is looked up.

    Args:
        files: contents by path.
        paths: of those that are left out.
    """

    def __init__(self, files: Files, paths: Collection[str]) -> None:
        self._files = files
        self._left = frozenset(path for path in files if path not in paths)

    def __getitem__(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            SourceError: if it cannot be read.
        """
        if path not in self._left:
            raise KeyError(path)
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._left)

    def __len__(self) -> int:
        return len(self._left)

    def __contains__(self, path: object) -> bool:
        """Return whether there is such a file, without reading it."""
        return path in self._left
