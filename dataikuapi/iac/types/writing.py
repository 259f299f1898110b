"""What a plan has to know of how DSS keeps and deletes objects of a type."""

from dataclasses import dataclass

__all__ = ["Writing"]


@dataclass(frozen=True)
class Writing:
    """How objects of a type are changed.

    Args:
        from_live: paths of values that a plan never changes, since they belong to one
            instance.
        takes_recipes: whether DSS deletes the recipes that use an object with it.
        undeletable: why a plan never deletes an object; "" if it may.
        contents_after_delete: what becomes of what a deleted object holds, in words; ""
            if it holds nothing but its configuration.
    """

    from_live: frozenset[tuple[str, ...]] = frozenset()
    takes_recipes: bool = False
    undeletable: str = ""
    contents_after_delete: str = ""
