"""Reads recipes."""

from dataikuapi.iac.sync.typed import TypedSync
from dataikuapi.iac.types.registry import RECIPE

__all__ = ["RecipeSync"]


class RecipeSync(TypedSync):
    """Reads recipes with their payload: the script, or a visual recipe's settings."""

    kind = RECIPE
