"""The result of reading an instance, and the state built from it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSPermissionError,
    ExecutorError,
    InvalidResponseError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    SyncError,
    TypeNotSupportedError,
)
from dataikuapi.iac.merge import (
    carry_over_unknown,
    collect_unknown,
    instances_differ,
)
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import INSTANCE, listing_key
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.scope import Part, Scope
from dataikuapi.iac.models.suggestions import did_you_mean
from dataikuapi.iac.sync.removals import ConfirmedRemovals
from dataikuapi.iac.sync.workers import is_fatal
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.lookup import noun_of, privileged_attributes

__all__ = ["FetchResult", "OnError", "check_on_error", "handle_failures"]

logger = get_logger(__name__)

OnError = Literal["raise", "keep"]
"""What to do with objects that could not be read."""


@dataclass
class FetchResult:
    """What was read from an instance, and what could not be read.

    Args:
        resources: what was read.
        failures: what went wrong, by id; a listing that failed has a key of its own,
            see :func:`~dataikuapi.iac.models.ids.listing_key`.
        listed_parts: project key and type of each listing that was read completely.
        deleted: ids of single objects that do not exist.
        unsupported: project key and type of each listing that DSS does not have, each
            with the error that says so.
    """

    resources: list[Resource] = field(default_factory=list)
    failures: dict[str, DataikuIaCError] = field(default_factory=dict)
    listed_parts: list[Part] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unsupported: dict[Part, TypeNotSupportedError] = field(default_factory=dict)

    def to_state(self, read_at: datetime) -> State:
        """Return the resources as a state with a scope.

        Args:
            read_at: when the read started.
        """
        ordered = sorted(self.resources, key=lambda item: item.resource_id)
        state = State(serial=1, scope=Scope.from_parts(self.listed_parts, read_at))
        # Not copied again: the result owns them.
        state.resources = {item.resource_id: item for item in ordered}
        state.unsupported = sorted({name for _, name in self.unsupported})
        for item in ordered:
            hidden = privileged_attributes(item.resource_type) - item.attributes.keys()
            if hidden:
                state.unknown_in_part[item.resource_id] = sorted(hidden)
        return state

    def extend(self, other: "FetchResult") -> None:
        """Add another result."""
        self.resources += other.resources
        self.failures.update(other.failures)
        self.listed_parts += other.listed_parts
        self.unsupported.update(other.unsupported)

    def add(
        self,
        project_key: str,
        resource_type: str,
        outcome: Resource | list[Resource] | DataikuIaCError,
        is_own: bool,
    ) -> None:
        """Add what was read of one type in a project.

        Args:
            project_key: of the project.
            resource_type: the type that was read.
            outcome: the resources, or why they could not be read.
            is_own: whether this library built the resources, so they need no copy.
        """
        if isinstance(outcome, SyncError):
            self.resources += outcome.state.list_resources()
            self.failures.update(outcome.failures)
            if not outcome.state.covers(_failure_key(project_key, resource_type)):
                return
        elif isinstance(outcome, TypeNotSupportedError):
            self.unsupported[project_key, resource_type] = outcome
            return
        elif isinstance(outcome, DataikuIaCError):
            self.failures[_failure_key(project_key, resource_type)] = outcome
            return
        else:
            items = outcome if isinstance(outcome, list) else [outcome]
            self.resources += items if is_own else [replace(item) for item in items]
        self.listed_parts.append((project_key, resource_type))

    def distrust_unsupported(
        self, stored: State, instance: Mapping[str, JSON] | None
    ) -> None:
        """Treat types as unreadable of which DSS has objects elsewhere, or had before.

        A proxy, or DSS while it starts, answers as if it had never had them.

        Args:
            stored: the stored state.
            instance: which was read; the state of another says nothing of it.
        """
        if not self.unsupported:
            return
        is_same = not instances_differ(stored.instance, instance)
        before = {item.resource_type for item in stored} if is_same else set[str]()
        now = {item.resource_type for item in self.resources}
        for part in [part for part in self.unsupported if part[1] in before | now]:
            failure, nouns = self.unsupported.pop(part).failure, noun_of(part[1], 2)
            hint = (
                f"The state has {nouns}, so DSS had them before: try again. If they "
                "are gone for good, remove them with dataiku-iac state rm, and leave "
                "the type out of types"
                if part[1] in before
                else f"DSS has {nouns} in other projects: try again"
            )
            self.failures[_failure_key(*part)] = type(failure)(f"{failure}. {hint}")

    def require_supported_type(self) -> None:
        """Raise an error if none of the types that were read exists in DSS.

        Raises:
            TypeNotSupportedError: for the first type.
        """
        if self.is_empty and not self.failures:
            for error in self.unsupported.values():
                raise error

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all could be read."""
        return not (self.resources or self.listed_parts or self.deleted)

    @property
    def is_only_refused(self) -> bool:
        """Whether all that failed is in no project, and for administrators only.

        Few keys may read that, so it is unknown, as a project's permissions are.
        """
        return bool(self.failures) and all(
            isinstance(error, DSSPermissionError)
            and ResourceId.parse(key).project_key == INSTANCE
            for key, error in self.failures.items()
        )

    def raise_all(self, state: State) -> None:
        """Raise the failures as one error.

        Args:
            state: what could be read, for that error.

        Raises:
            DSSError: the only failure, or one that stands for all of them: DSS cannot
                be reached, does not accept the API key, or there is a login page.
            SyncError: otherwise.
        """
        errors = list(self.failures.values())
        projects = {ResourceId.parse(key).project_key for key in self.failures}
        if not state.resources and len(projects) == 1:
            raise errors[0]  # More specific than SyncError.
        if self.is_empty:
            for error in errors:
                of_all = isinstance(error, InvalidResponseError | ExecutorError)
                if is_fatal(error) or of_all:
                    raise error
        raise SyncError(state, self.failures)

    def suggest_projects(
        self, tracked: Collection[str], known: Callable[[], Iterable[str]]
    ) -> list[DataikuIaCError]:
        """Add to the failures of projects that may be misspelled what may be meant.

        Args:
            tracked: keys of the projects in the state.
            known: returns the keys to suggest, if there is such a failure.

        Returns:
            The failures of projects that are neither in the state nor in DSS.
        """
        keys = {key: ResourceId.parse(key).project_key for key in self.failures}
        misspelled = {
            failure: keys[failure]
            for failure, error in self.failures.items()
            if isinstance(error, ProjectNotVisibleError)
            and keys[failure] not in tracked
        }
        suggestions = list(known()) if misspelled else []
        for failure, key in misspelled.items():
            error, hint = self.failures[failure], did_you_mean(key, suggestions)
            self.failures[failure] = ProjectNotVisibleError(f"{error}.{hint}")
        return [self.failures[failure] for failure in misspelled]

    def apply_removals(self, removals: ConfirmedRemovals, types: Sequence[str]) -> None:
        """Treat projects that are not visible as removed, if that is confirmed.

        Args:
            removals: the confirmed ones.
            types: the types that were read of each project.
        """
        for key in removals.keys:
            failed = [_failure_key(key, resource_type) for resource_type in types]
            errors = [self.failures.get(failure) for failure in failed]
            if any(isinstance(error, ProjectNotVisibleError) for error in errors):
                for failure in failed:
                    self.failures.pop(failure, None)
                self.listed_parts += [(key, resource_type) for resource_type in types]

    def pop_deleted(self, removals: ConfirmedRemovals) -> None:
        """Move failures that mean that a single object is deleted to ``deleted``.

        Args:
            removals: projects that are known not to exist. An object in another project
                that is not visible is not known to be deleted.
        """
        for key, error in list(self.failures.items()):
            is_invisible = isinstance(error, ProjectNotVisibleError)
            if is_invisible and ResourceId.parse(key).project_key not in removals.keys:
                continue
            if isinstance(error, ResourceNotFoundError):
                del self.failures[key]
                self.deleted.append(key)

    def raise_first_failure(self) -> None:
        """Raise the first failure, if there is any; preferably an invisible project.

        Raises:
            ProjectNotVisibleError: if the project of an object is not visible.
            DSSError: if an object could not be read.
        """
        errors = list(self.failures.values())
        for error in errors:
            if isinstance(error, ProjectNotVisibleError):
                raise error
        if errors:
            raise errors[0]


def _failure_key(project_key: str, resource_type: str) -> str:
    """Return the key of a failure: the id of an object, or the key of a listing."""
    kind = TYPES.get(resource_type)
    if kind is not None and not kind.identity.is_named:
        return str(ResourceId(resource_type, project_key))
    return listing_key(resource_type, project_key)


def check_on_error(on_error: str) -> None:
    """Check the argument ``on_error``.

    Raises:
        ValueError: if it is neither "raise" nor "keep".
    """
    if on_error not in ("raise", "keep"):
        raise ValueError(f"on_error must be 'raise' or 'keep', not {on_error!r}")


def handle_failures(
    state: State,
    stored: State,
    result: FetchResult,
    listed: list[str] | None,
    on_error: OnError,
) -> None:
    """Fill ``unknown`` of a state, and raise the failures or keep stored objects.

    Args:
        state: what was read.
        stored: the stored state.
        result: what the state was built from; its failures are handled.
        listed: the keys of all existing projects, if they were listed.
        on_error: "raise" the failures, or "keep" the stored version of those objects.
            If nothing at all could be read, they are raised anyway.

    Raises:
        SyncError: if there are failures to be raised: :meth:`FetchResult.raise_all`.
    """
    failures = result.failures
    if instances_differ(stored.instance, state.instance):
        stored = State()  # It does not describe this instance.
    known = set(stored.project_keys())
    vanished = known - set(known if listed is None else listed)
    state.unknown = collect_unknown(stored, failures, vanished)
    for key in sorted(vanished):
        logger.warning("project %s is no longer listed: unknown, not removed", key)
    is_kept = on_error == "keep" or result.is_only_refused
    if failures and (result.is_empty or not is_kept):
        result.raise_all(state)
    kept = carry_over_unknown(stored, state) if is_kept else []
    if failures:
        logger.warning(
            "could not be read: %d (%s); kept as stored: %d",
            len(failures),
            ", ".join(sorted(failures)),
            len(kept),
        )
