"""What came of reading many objects?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    SyncError,
)
from dataikuapi.iac.models import Resource, State, make_resource_id
from dataikuapi.iac.models.scope import scope_entry
from dataikuapi.iac.sync.workers import is_fatal

__all__ = ["FetchResult"]


@dataclass
class FetchResult:
    """What came of it.

    Args:
        resources: what was read.
        failures: what could not be read, by id; that of a listing has no name.
        complete: which types of which project were listed.
        gone: ids of single objects that are not there.
    """

    resources: list[Resource] = field(default_factory=list)
    failures: dict[str, DataikuIaCError] = field(default_factory=dict)
    complete: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def state(self, read_at: datetime) -> State:
        """Return what was read as a state, which knows its scope.

        A type of a project is in the scope if it was listed; single objects that failed
        are for the caller to name.

        """
        types: dict[str, list[str]] = {}
        for project_key, resource_type in self.complete:
            types.setdefault(project_key, []).append(resource_type)
        ordered = sorted(self.resources, key=lambda item: item.resource_id)
        scope = [scope_entry(key, types[key], read_at) for key in sorted(types)]
        state = State(serial=1, scope=scope)
        # Not copied once more: whoever read them made them for this.
        state.resources = {item.resource_id: item for item in ordered}
        return state

    def join(self, other: "FetchResult") -> None:
        """Take in what came of reading something else."""
        self.resources += other.resources
        self.failures.update(other.failures)
        self.complete += other.complete

    def raise_if_unreachable(self) -> None:
        """Raise why nothing at all was read, if DSS could not be asked at all.

        Raises:
            DSSError: if nobody answers there, or the API key is refused.
        """
        if not self.resources:
            for error in self.failures.values():
                if is_fatal(error):
                    raise error

    def confirm_removed(self, project_keys: Sequence[str], types: list[str]) -> None:
        """Take projects that are not visible for what they are said to be: removed.

        Args:
            project_keys: of those projects.
            types: what there was in them.
        """
        for key in project_keys:
            failure = self.failures.get(make_resource_id("project", key))
            if isinstance(failure, ProjectNotVisibleError):
                for resource_type in types:
                    self.failures.pop(make_resource_id(resource_type, key), None)
                    self.complete.append((key, resource_type))

    def raise_failures(self, removed: Sequence[str]) -> None:
        """Raise what went wrong with single objects; those not there are gone.

        Args:
            removed: keys of projects that are not there, rather than not visible.

        Raises:
            ProjectNotVisibleError: if an object is in another such project.
            DSSError: if an object could not be read.
        """
        failures = {}
        for key, error in self.failures.items():
            is_invisible = isinstance(error, ProjectNotVisibleError)
            if is_invisible and key.split(".")[1] not in removed:
                raise error
            if isinstance(error, ResourceNotFoundError):
                self.deleted.append(key)
            else:
                failures[key] = error
        if failures:
            raise next(iter(failures.values()))
        self.failures = {}

    def add(
        self,
        project_key: str,
        resource_type: str,
        outcome: Resource | list[Resource] | DataikuIaCError,
        is_own: bool,
    ) -> None:
        """Note what came of reading one type of a project.

        Args:
            project_key: of the project.
            resource_type: what was read.
            outcome: what came of it.
            is_own: whether nobody else holds the resources.
        """
        if isinstance(outcome, SyncError):
            self.resources += outcome.state.list_resources()
            self.failures.update(outcome.failures)
        elif isinstance(outcome, DataikuIaCError):
            listing = make_resource_id(resource_type, project_key)
            self.failures[listing] = outcome
            return
        else:
            found = outcome if isinstance(outcome, list) else [outcome]
            self.resources += found if is_own else [replace(item) for item in found]
        self.complete.append((project_key, resource_type))
