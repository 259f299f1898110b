"""Projects that a caller confirms to be removed, which DSS does not tell by itself."""

from collections.abc import Iterable

from dataikuapi.iac.models import State
from dataikuapi.iac.models.ids import unique

__all__ = ["ConfirmedRemovals"]


class ConfirmedRemovals:
    """Keys of projects that were deleted for certain.

    DSS hides deleted projects and forbidden ones alike, so only a person can say which
    it is.

    Args:
        keys: of the projects.

    Raises:
        ValueError: if it is a single string.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = unique(keys, "confirm_removed")

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.keys)

    def require_tracked(self, state: State) -> None:
        """Refuse what is not in the state: a misspelled key.

        Raises:
            ValueError: if there is one.
        """
        strange = sorted(set(self.keys) - set(state.project_keys()))
        if strange:
            raise ValueError(f"confirm_removed: not in the state: {', '.join(strange)}")

    def require_not_visible(self, visible: Iterable[str]) -> None:
        """Refuse what DSS still shows.

        Args:
            visible: keys of the projects that it shows.

        Raises:
            ValueError: if there is one.
        """
        there = sorted(set(self.keys) & set(visible))
        if there:
            raise ValueError(f"confirm_removed: DSS still lists {', '.join(there)}")
