"""How does an instance differ from the state that is kept of it?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.ignore.file import add_to_ignore_file
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import (
    ChangeType,
    Coverage,
    ResourceDiffs,
    State,
    UnreadableResource,
)
from dataikuapi.iac.reports import render_text

__all__ = ["DriftReport"]

_MINUTE = "%Y-%m-%d %H:%M"

IN_SYNC, DRIFTED, INCOMPLETE = 0, 2, 3


@dataclass(frozen=True, repr=False)
class DriftReport:
    """What is in DSS and not so in the stored state; true if there is anything.

    Args:
        diffs: of the stored state to what was read, with what could not be read.
        environment: of the state.
        project_keys: which projects were read.
        read_at: when reading began.

    Example:
        .. code-block:: python

            report = manager.drift("SHOP")
            print(report)
            sys.exit(report.exit_code)
    """

    diffs: ResourceDiffs
    environment: str
    project_keys: tuple[str, ...]
    read_at: datetime

    @classmethod
    def between(
        cls,
        stored: State,
        fresh: State,
        engine: DiffEngine,
        project_keys: Sequence[str],
        place: str,
    ) -> "DriftReport":
        """Compare the stored state with what was just read.

        Args:
            stored: what is kept.
            fresh: what was read; it has a scope, and says what is unknown.
            engine: knows what is not to be watched.
            project_keys: which projects were read.
            place: which DSS it was read from, for the title.
        """
        diffs = engine.diff(stored, fresh)
        read = [key for key in fresh.resources if key not in fresh.unknown]
        diffs.coverage = Coverage(sum(map(stored.has_resource, read)), len(read))
        diffs.title = (
            f"Drift of {', '.join(project_keys)} since serial {stored.serial} of "
            f"{stored.environment} ({stored.updated_at:{_MINUTE}}): {place}, read "
            f"{fresh.updated_at:{_MINUTE}} UTC"
        )
        return cls(diffs, stored.environment, tuple(project_keys), fresh.updated_at)

    @property
    def changed(self) -> ResourceDiffs:
        """Objects that both have, and that differ."""
        return self.diffs.of_type(ChangeType.MODIFIED)

    @property
    def removed(self) -> ResourceDiffs:
        """Objects of the state that DSS no longer has."""
        return self.diffs.of_type(ChangeType.REMOVED)

    @property
    def added(self) -> ResourceDiffs:
        """Objects in DSS that are not in the state."""
        return self.diffs.of_type(ChangeType.ADDED)

    @property
    def unknown(self) -> tuple[UnreadableResource, ...]:
        """What could not be read; it may have changed or not."""
        return self.diffs.unknown

    @property
    def coverage(self) -> Coverage:
        """How many of the objects that were read are in the state."""
        return self.diffs.coverage or Coverage(0, 0)

    @property
    def exit_code(self) -> int:
        """What a command should exit with.

        0 if all is in sync, 2 if there is drift, as with Terraform's ``plan
        -detailed-exitcode``, and 3 if there is none among what could be read, and
        something could not be.
        """
        if self:
            return DRIFTED
        return INCOMPLETE if self.unknown else IN_SYNC

    def write_baseline(
        self,
        path: str | Path,
        *,
        author: str | None = None,
        reason: str | None = None,
        expires: date | None = None,
    ) -> int:
        """Accept this drift, and only this: a further change shows again.

        One rule for each change is added to the file, which
        :func:`~dataikuapi.iac.ignore.file.read_ignore_file` reads. The state stays as
        it is; to change that, see ``StateManager.refresh``.

        Args:
            path: e.g. ``.dataikuignore``; what is in it stays.
            author: who accepts it.
            reason: why.
            expires: the last day on which it is accepted.

        Returns:
            How many rules were added.

        Raises:
            IgnoreFileError: if the file holds something else, or cannot be written.
        """
        rules = [
            replace(
                IgnoreRule.for_change(diff, change),
                author=author,
                reason=reason,
                expires=expires,
            )
            for diff in (*self.changed, *self.removed, *self.added)
            for change in (diff.changes or (None,))
        ]
        return add_to_ignore_file(path, rules, f"Accepted: {self.diffs.title}")

    def __bool__(self) -> bool:
        """Tell whether anything differs; what could not be read does not count."""
        return bool(self.changed or self.removed or self.added)

    def __repr__(self) -> str:
        """Return in one line what a person wants to know; no value."""
        counts = ", ".join(
            f"{len(found)} {name}"
            for name, found in (
                ("changed", self.changed),
                ("removed", self.removed),
                ("added", self.added),
                ("unknown", self.unknown),
            )
        )
        return f"<DriftReport {', '.join(self.project_keys)}: {counts}>"

    def __str__(self) -> str:
        """Return the report as text, without colors."""
        return render_text(self.diffs)
