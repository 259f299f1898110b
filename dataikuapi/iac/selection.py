"""What may be asked of the conductor?"""

from collections.abc import Collection, Iterable

from dataikuapi.iac.models import State

__all__ = [
    "check_not_visible",
    "check_on_error",
    "check_tracked",
    "projects_of",
    "resource_type_of",
    "unique",
]


def resource_type_of(resource_id: str, types: Collection[str]) -> str:
    """Return the type of an id.

    Raises:
        ValueError: if it is none of these types.
    """
    resource_type = str(resource_id).partition(".")[0]
    if resource_type not in types:
        known = ", ".join(sorted(types))
        raise ValueError(
            f"Unknown resource type {resource_type[:40]!r}; known: {known}"
        )
    return resource_type


def unique(items: Iterable[str], name: str) -> list[str]:
    """Return keys or ids, each once; one string is not a list of letters.

    Raises:
        ValueError: if it is a single string.
    """
    if isinstance(items, str):
        raise ValueError(f"{name} is {items!r}; it takes a list: [{items!r}]")
    return list(dict.fromkeys(items))


def projects_of(state: State) -> list[str]:
    """Return the keys of the projects that a state has anything of, sorted."""
    return sorted({resource.project_key for resource in state.resources.values()})


def check_on_error(on_error: str) -> None:
    """Refuse what ``on_error`` does not take.

    Raises:
        ValueError: if it is neither "raise" nor "keep".
    """
    if on_error not in ("raise", "keep"):
        raise ValueError(f"on_error is {on_error!r}; it takes 'raise' or 'keep'")


def check_tracked(removed: Iterable[str], state: State) -> None:
    """Refuse to confirm the removal of what is not there: a misspelt key.

    Raises:
        ValueError: if a project is not in the state.
    """
    strange = sorted(set(removed) - set(projects_of(state)))
    if strange:
        raise ValueError(f"confirm_removed: not in the state: {', '.join(strange)}")


def check_not_visible(removed: Iterable[str], visible: Iterable[str]) -> None:
    """Refuse to take a project for removed that DSS shows.

    Raises:
        ValueError: if there is one.
    """
    there = sorted(set(removed) & set(visible))
    if there:
        raise ValueError(f"confirm_removed: DSS still lists {', '.join(there)}")
