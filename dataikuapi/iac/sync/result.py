"""What was read of an instance, what could not be, and the state that makes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    SyncError,
)
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import listing_key
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.statefile.merge import (
    carry_over_unknown,
    collect_unknown,
    instances_differ,
)
from dataikuapi.iac.sync.removals import ConfirmedRemovals
from dataikuapi.iac.sync.workers import is_fatal
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.registry import PROJECT

__all__ = ["FetchResult", "OnError", "check_on_error", "handle_failures"]

logger = logging.getLogger(__name__)

OnError = Literal["raise", "keep"]
"""What to do about objects that could not be read."""


@dataclass
class FetchResult:
    """What was read of an instance.

    Args:
        resources: what was read.
        failures: what could not be read, by id; a listing that failed has a key of its
            own, see :func:`~dataikuapi.iac.models.ids.listing_key`.
        complete: project key and type of what was listed completely.
        deleted: ids of single objects that do not exist.
    """

    resources: list[Resource] = field(default_factory=list)
    failures: dict[str, DataikuIaCError] = field(default_factory=dict)
    complete: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def state(self, read_at: datetime) -> State:
        """Return what was read as a state, which knows its scope.

        Args:
            read_at: when reading began.
        """
        ordered = sorted(self.resources, key=lambda item: item.resource_id)
        state = State(serial=1, scope=Scope.from_parts(self.complete, read_at))
        # Not copied once more: whoever read them made them for this.
        state.resources = {item.resource_id: item for item in ordered}
        return state

    def join(self, other: "FetchResult") -> None:
        """Add what another reading brought."""
        self.resources += other.resources
        self.failures.update(other.failures)
        self.complete += other.complete

    def add(
        self,
        project_key: str,
        resource_type: str,
        outcome: Resource | list[Resource] | DataikuIaCError,
        is_own: bool,
    ) -> None:
        """Add what reading one type of a project brought.

        Args:
            project_key: of the project.
            resource_type: what was read.
            outcome: resources, or why there are none.
            is_own: whether nobody else holds the resources.
        """
        if isinstance(outcome, SyncError):
            self.resources += outcome.state.list_resources()
            self.failures.update(outcome.failures)
        elif isinstance(outcome, DataikuIaCError):
            self.failures[_failure_key(project_key, resource_type)] = outcome
            return
        else:
            found = outcome if isinstance(outcome, list) else [outcome]
            self.resources += found if is_own else [replace(item) for item in found]
        self.complete.append((project_key, resource_type))

    def raise_if_unreachable(self) -> None:
        """Raise why nothing at all was read, if DSS could not be asked at all.

        Raises:
            DSSError: if nothing answers there, or DSS does not accept the API key.
        """
        if not self.resources:
            for error in self.failures.values():
                if is_fatal(error):
                    raise error

    def confirm(self, removals: ConfirmedRemovals, types: Sequence[str]) -> None:
        """Take projects that are not visible for removed, if that is confirmed.

        Args:
            removals: keys of those projects.
            types: what was read of each.
        """
        for key in removals.keys:
            failure = self.failures.get(str(ResourceId(PROJECT.name, key)))
            if isinstance(failure, ProjectNotVisibleError):
                for resource_type in types:
                    self.failures.pop(_failure_key(key, resource_type), None)
                    self.complete.append((key, resource_type))

    def raise_failures(self, removals: ConfirmedRemovals) -> None:
        """Raise why single objects could not be read, unless they do not exist.

        Args:
            removals: keys of projects that do not exist, rather than not visible.

        Raises:
            ProjectNotVisibleError: if an object is in another such project.
            DSSError: if an object could not be read.
        """
        failures = []
        for key, error in self.failures.items():
            is_invisible = isinstance(error, ProjectNotVisibleError)
            if is_invisible and ResourceId.parse(key).project_key not in removals.keys:
                raise error
            if isinstance(error, ResourceNotFoundError):
                self.deleted.append(key)
            else:
                failures.append(error)
        if failures:
            raise failures[0]
        self.failures = {}


def _failure_key(project_key: str, resource_type: str) -> str:
    """Return the key of what could not be read: an object, or a listing of many."""
    kind = TYPES.get(resource_type)
    if kind is not None and not kind.identity.is_named:
        return str(ResourceId(resource_type, project_key))
    return listing_key(resource_type, project_key)


def check_on_error(on_error: str) -> None:
    """Refuse what ``on_error`` does not take.

    Raises:
        ValueError: if it is neither "raise" nor "keep".
    """
    if on_error not in ("raise", "keep"):
        raise ValueError(f"on_error is {on_error!r}; it takes 'raise' or 'keep'")


def handle_failures(
    state: State,
    stored: State,
    failures: Mapping[str, DataikuIaCError],
    listed: list[str] | None,
    on_error: OnError,
) -> None:
    """Fill ``unknown`` of a state, and raise or carry over what could not be read.

    Args:
        state: what was read.
        stored: what was known before.
        failures: what could not be read, by id.
        listed: the keys of all projects that there are, where that is known.
        on_error: "raise" the failures, or "keep" what is stored of those objects.

    Raises:
        SyncError: if there are failures, and they are to be raised; where nothing at
            all of one project was read, the failure itself.
    """
    if instances_differ(stored.instance, state.instance):
        stored = State()  # It says nothing of this DSS.
    known = set(stored.project_keys())
    vanished = known - set(known if listed is None else listed)
    state.unknown = collect_unknown(stored, failures, vanished)
    for key in sorted(vanished):
        logger.warning("project %s is no longer listed: unknown, not removed", key)
    if failures and on_error == "raise":
        projects = {key.split(".")[1] for key in failures}
        if not state.resources and len(projects) == 1:
            raise next(iter(failures.values()))  # It says more than "nothing was read".
        raise SyncError(state, failures)
    if failures:
        kept = carry_over_unknown(stored, state)
        logger.warning(
            "could not be read: %d (%s); kept as stored: %d",
            len(failures),
            ", ".join(sorted(failures)),
            len(kept),
        )
