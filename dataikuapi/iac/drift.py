"""The result of comparing an instance with its stored state."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.analysis import without_derived
from dataikuapi.iac.analysis.review import review_note
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.ignore.file import add_to_ignore_file
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    Coverage,
    ResourceDiff,
    ResourceDiffs,
    State,
    UnreadableResource,
)
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import format_minute, utc_now
from dataikuapi.iac.reports import (
    render_flow,
    render_html,
    render_html_page,
    render_json,
    render_markdown,
    render_text,
)
from dataikuapi.iac.reports.dataframe import diffs_dataframe
from dataikuapi.iac.reports.flow import FlowDiagram
from dataikuapi.iac.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DriftReport"]

_MAX_NAMES = 3
"""The title counts the projects if there are more."""


@dataclass(frozen=True, repr=False)
class DriftReport:
    """How DSS differs from the stored state; false only if it is :attr:`in_sync`.

    A collection of the objects that differ, as one
    :class:`~dataikuapi.iac.models.diff.ResourceDiff` each: ``len(report)`` is their
    number, ``report[resource_id]`` one of them, and ``resource_id in report`` is
    whether that object differs. Those in ``unknown`` are not among them.

    Args:
        diffs: from the stored state to what was read, including what could not be read.
        environment: of the stored state.
        project_keys: the projects that were read.
        read_at: when the read started.

    Example:
        .. code-block:: python

            report = manager.drift("SHOP")
            print(report)
            for diff in report:
                print(diff.resource_id, diff.last_modified_by)
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
        selection: Selection,
        source: str,
        unwatched: Iterable[str] = (),
    ) -> "DriftReport":
        """Compare the stored state with one that was just read.

        Args:
            stored: the stored state.
            fresh: what was read, with its scope and what is unknown.
            engine: has the ignore rules.
            selection: of what was read.
            source: the DSS that was read, for the title.
            unwatched: keys of its projects that are neither stored nor selected.
        """
        if not selection.is_whole:  # Nothing else exists of what is selected.
            stored, fresh = selection.of(stored), replace(fresh, scope=None)
        keys = tuple(selection.project_keys)
        read = [key for key in fresh.resources if key not in fresh.unknown]
        diffs = engine.diff(stored, fresh).with_context(
            title=f"Drift of {str(selection) or _names(keys)} since serial "
            f"{stored.serial} of {stored.environment} "
            f"({format_minute(stored.updated_at)}): {source}, "
            f"read {format_minute(fresh.updated_at)}",
            coverage=Coverage(sum(map(stored.has_resource, read)), len(read)),
            projects=keys,
            unwatched=unwatched,
            disabled_types=selection.disabled_types,
        )
        if not selection.is_whole:
            diffs.scope = Scope()  # Other objects may exist that were not selected.
        return cls(diffs, stored.environment, keys, fresh.updated_at)

    @property
    def changed(self) -> ResourceDiffs:
        """Objects that are in both and differ."""
        return self.diffs.of_type(ChangeType.MODIFIED)

    @property
    def removed(self) -> ResourceDiffs:
        """Objects in the state that DSS no longer has."""
        return self.diffs.of_type(ChangeType.REMOVED)

    @property
    def added(self) -> ResourceDiffs:
        """Objects in DSS that are not in the state."""
        return self.diffs.of_type(ChangeType.ADDED)

    @property
    def _recreated(self) -> ResourceDiffs:
        """Objects that were deleted and created again, and are the same otherwise."""
        return self.diffs.of_type(ChangeType.UNCHANGED).filter(
            lambda diff: diff.is_recreated
        )

    @property
    def unknown(self) -> tuple[UnreadableResource, ...]:
        """Objects that could not be read, so whether they changed is unknown."""
        return self.diffs.unknown

    @property
    def unwatched(self) -> tuple[str, ...]:
        """Keys of the projects in DSS that are neither in the state nor were read."""
        return self.diffs.unwatched

    @property
    def coverage(self) -> Coverage:
        """How many of the objects that were read are in the state."""
        return self.diffs.coverage or Coverage(0, 0)

    @property
    def exit_code(self) -> int:
        """The exit code for a command.

        0 if everything is in sync, 2 if there is drift, as with Terraform's ``plan
        -detailed-exitcode``, and 3 if there is no drift among what was compared, but
        the report is incomplete.
        """
        # A plain int: str() of an IntEnum depends on the version of Python.
        return int(ExitCode.from_comparison(len(self) > 0, self.is_incomplete))

    @property
    def in_sync(self) -> bool:
        """Whether everything could be read, and nothing differs."""
        return not (len(self) or self.is_incomplete)

    @property
    def is_incomplete(self) -> bool:
        """Whether something could not be read: an object, or a part of one.

        Attributes that the stored state does not record yet do not count.
        """
        return bool(self.unknown or self.diffs.unknown_in_part)

    def write_baseline(
        self,
        path: str | Path,
        *,
        author: str | None = None,
        reason: str | None = None,
        expires: date | None = None,
    ) -> int:
        """Accept this drift, and nothing more: any further change is reported again.

        Appends one rule per change to an ignore file, as read by
        :func:`~dataikuapi.iac.ignore.file.read_ignore_file`, with old and new value in
        a comment for review, but without secrets and scripts. The stored state does not
        change; to update it instead, see ``StateManager.refresh``.

        Args:
            path: e.g. ``.dataikuignore``; rules that are already in it are kept.
            author: who accepts the drift.
            reason: why it is accepted.
            expires: the last day on which it is accepted.

        Returns:
            How many rules were added.

        Raises:
            ValueError: if it expires in the past.
            IgnoreFileError: if the file is not an ignore file, or cannot be written.
        """
        if expires is not None and expires < utc_now().date():
            raise ValueError(
                f"expires={expires} is in the past, so the rules would ignore nothing; "
                "pass a later date, or none"
            )
        notes = {
            replace(
                IgnoreRule.for_change(diff, change),
                author=author,
                reason=reason,
                expires=expires,
            ): review_note(diff, change)
            for diff in (*self.changed, *self.removed, *self.added, *self._recreated)
            for change in _to_accept(diff)
        }
        comment = f"Accepted: {self.diffs.title}"
        return add_to_ignore_file(path, notes, comment, notes)

    def without_derived(self) -> "DriftReport":
        """Return the report without the changes that DSS made because of others.

        These are schemas that follow a recipe, for example. The report counts them.
        """
        return replace(self, diffs=without_derived(self.diffs))

    def to_dict(self) -> dict[str, Any]:
        """Return what :meth:`to_json` returns, parsed."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    def to_json(self) -> str:
        """Return the report as JSON, as the command line writes it."""
        return render_json(self.diffs)

    def to_markdown(self) -> str:
        """Return the report as Markdown, for a pull request."""
        return render_markdown(self.diffs)

    def to_html(self) -> str:
        """Return the report as a page of its own, for a browser and for print.

        Raises:
            ConfigurationError: if the packages that it takes are not installed.
        """
        return render_html_page(self.diffs)

    def flow(self) -> FlowDiagram:
        """Return the flow around what changed, which JupyterLab 4.1 shows as a picture.

        It is a string, the source of a Mermaid diagram.
        """
        return render_flow(self.diffs)

    def to_dataframe(self) -> "pd.DataFrame":
        """Return a table with one row per changed value.

        An object that was added or removed has one row; so has what could not be read:
        its ``change`` is ``unknown``.

        Raises:
            ImportError: if pandas is not installed.
        """
        return diffs_dataframe(self.diffs)

    @cached_property
    def _by_id(self) -> dict[str, ResourceDiff]:
        return {diff.resource_id: diff for diff in self.diffs if diff.has_changed}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[ResourceDiff]:
        return iter(self._by_id.values())

    def __contains__(self, item: object) -> bool:
        """Return whether an object differs, given its id or its diff."""
        key = item.resource_id if isinstance(item, ResourceDiff) else item
        return key in self._by_id

    def __getitem__(self, resource_id: str) -> ResourceDiff:
        """Return what differs in the object of that id.

        Raises:
            KeyError: if nothing does, or it could not be read.
        """
        return self._by_id[resource_id]

    def __bool__(self) -> bool:
        """Return whether it is not in sync: it differs, or could not be read."""
        return not self.in_sync

    def __repr__(self) -> str:
        """Return a one-line summary, without values."""
        counts = [
            f"{len(diffs)} {name}"
            for name, diffs in (
                ("changed", self.changed),
                ("removed", self.removed),
                ("added", self.added),
                ("recreated", self._recreated),
                ("unknown", self.unknown),
            )
            if diffs or name != "recreated"
        ]
        if self.diffs.unknown_in_part:
            counts.append(f"{len(self.diffs.unknown_in_part)} unknown in part")
        return f"<DriftReport {', '.join(self.project_keys)}: {', '.join(counts)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return render_html(self.diffs)

    def __str__(self) -> str:
        """Return the report as text, without colors."""
        return render_text(self.diffs)


def _to_accept(diff: ResourceDiff) -> tuple[Change | None, ...]:
    """Return what takes a rule: each change, or ``None`` for the diff as a whole."""
    return (None,) if diff.is_recreated else diff.changes or (None,)


def _names(project_keys: Sequence[str]) -> str:
    if not project_keys:
        return "no projects"
    if len(project_keys) > _MAX_NAMES:
        return f"{len(project_keys)} projects"
    return ", ".join("the instance" if key == INSTANCE else key for key in project_keys)
