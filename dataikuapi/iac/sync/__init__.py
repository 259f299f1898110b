"""Reading an instance: the only layer that calls the client."""

from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.dataset import DatasetSync
from dataikuapi.iac.sync.project import ProjectSync
from dataikuapi.iac.sync.recipe import RecipeSync

__all__ = ["DatasetSync", "ProjectSync", "RecipeSync", "ResourceSync", "SYNCS"]

SYNCS: dict[str, type[ResourceSync]] = {
    "project": ProjectSync,
    "dataset": DatasetSync,
    "recipe": RecipeSync,
}
"""Who reads which type. The project comes first, and what is inside it after it."""
