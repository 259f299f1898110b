"""The git repository of a project: what is not committed in it, and commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project

BRANCH = "master"

_UNUSED = ("added", "changed", "removed", "conflicting", "untrackedFolders")
"""Lists of what is staged, or in conflict: here nothing ever is."""


class ProjectGit:
    """The repository of a project. DSS commits each save, or only what it is asked to.

    Args:
        project: as it was committed when it was loaded.

    Attributes:
        messages: of the commits that a client asked for, oldest first.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._committed = self._files()
        self.messages: list[str] = []

    def status(self, *, commits_saves: bool) -> Document:
        """Return what differs from the last commit.

        Args:
            commits_saves: whether DSS has committed each save.
        """
        old = self._files() if commits_saves else self._committed
        new = self._files()
        found: dict[str, list[str]] = {
            "missing": sorted(old.keys() - new.keys()),
            "modified": sorted(p for p in old.keys() & new.keys() if old[p] != new[p]),
            "untracked": sorted(new.keys() - old.keys()),
        }
        is_clean = not any(found.values())
        return {
            "currentBranch": BRANCH,
            "remotes": [],
            "trackingCount": {"ahead": 0, "behind": 0},
            "clean": is_clean,
            "hasUncommittedChanges": not is_clean,
            **{name: [] for name in _UNUSED},
            **found,
        }

    def commit(self, body: Any) -> None:
        """Commit all that differs.

        Args:
            body: has the message.

        Raises:
            InvalidDocumentError: if it has none.
        """
        message = required_text(required_object(body, "commit"), "message", "commit")
        self._committed = self._files()
        self.messages.append(message)

    def _files(self) -> Mapping[str, StoredObject]:
        return dict(self._stored())

    def _stored(self) -> Iterator[tuple[str, StoredObject]]:
        for kind, objects in self._project.collections():
            for name in objects.names():
                yield kind.file.replace("{id}", name), objects.stored(name)
