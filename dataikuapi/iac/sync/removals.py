"""Confirmed removals of projects, which DSS does not report by itself."""

from collections.abc import Iterable

from dataikuapi.iac.exceptions import ConfirmedRemovalError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.ids import unique

__all__ = ["ConfirmedRemovals"]


class ConfirmedRemovals:
    """Keys of projects that are known to be deleted.

    To the API, a project that was deleted and one that the key may not see look alike,
    so the caller has to confirm that it is deleted.

    Args:
        keys: of the projects.

    Raises:
        ValueError: if it is a single string.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = unique(keys, "confirm_removed")

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.keys)

    def require_all_projects(self, projects: object) -> None:
        """Check that all projects are read, if there are any removals.

        Args:
            projects: the keys of those that are read; ``None`` for all.

        Raises:
            ValueError: if they are not.
        """
        if self and projects is not None:
            raise ValueError(
                "confirm_removed requires a sync of all projects: only their listing "
                "shows that a project is gone"
            )

    def require_tracked(self, state: State) -> None:
        """Check that all projects are in the state, in case a key is misspelled.

        Raises:
            ConfirmedRemovalError: if one is not.
        """
        unknown = sorted(set(self.keys) - set(state.project_keys()))
        if unknown:
            raise ConfirmedRemovalError(
                f"confirm_removed: not in the state: {', '.join(unknown)}"
            )

    def require_not_visible(self, visible: Iterable[str]) -> None:
        """Check that DSS shows none of the projects.

        Args:
            visible: keys of the projects that it shows.

        Raises:
            ConfirmedRemovalError: if it shows one.
        """
        still_listed = sorted(set(self.keys) & set(visible))
        if still_listed:
            projects = ", ".join(still_listed)
            raise ConfirmedRemovalError(f"confirm_removed: DSS still lists {projects}")
