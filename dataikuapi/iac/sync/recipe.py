"""Reads recipes."""

from functools import partial
from typing import Any

from dataikuapi.dss.recipe import DSSRecipe

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.types import recipe_attributes

__all__ = ["RecipeSync"]


class RecipeSync(ResourceSync):
    """Reads recipes with their payload: the script, or a visual recipe's settings.

    The list that DSS returns has neither params nor payload, so that each recipe takes
    a call of its own.
    """

    @property
    def resource_type(self) -> str:
        """The first part of the ids."""
        return "recipe"

    def fetch(self, resource_id: str) -> Resource:
        """Read one recipe.

        Args:
            resource_id: ``recipe.{PROJECT_KEY}.{name}``.

        Raises:
            ValueError: if the id is malformed.
            ResourceNotFoundError: if DSS says that there is no such recipe.
            DSSError: if DSS could not be asked.
        """
        return self._fetch(self._parse(resource_id))

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all recipes of a project.

        Args:
            project_key: of the project.

        Raises:
            ValueError: if no project key was given.
            ProjectNotVisibleError: if it does not exist, or the key may not see it.
            SyncError: if some of them could not be read.
            DSSError: if DSS could not be asked.
        """
        key = self._require(project_key)
        project = self.client.get_project(key)
        names = self._ask(
            ResourceId("project", key),
            lambda: [item["name"] for item in project.list_recipes()],
        )
        ids = [ResourceId(self.resource_type, key, name) for name in names]
        calls = {rid: partial(self._fetch, rid) for rid in ids}
        return self._found(self._asked(calls))

    def _fetch(self, rid: ResourceId) -> Resource:
        recipe = self.client.get_project(rid.project_key).get_recipe(rid.resource_name)
        return self._ask(rid, lambda: self._built(rid, *_settings(recipe)))

    def _built(
        self, rid: ResourceId, document: dict[str, Any], payload: str | None
    ) -> Resource:
        attributes = self._canonical(
            rid, document, lambda: recipe_attributes(document, payload, self._redactor)
        )
        return self._resource(rid, attributes, document)


def _settings(recipe: DSSRecipe) -> tuple[dict[str, Any], str | None]:
    settings = recipe.get_settings()
    # Not .obj_payload: reading it replaces the text that DSS sent by another.
    return dict(settings.recipe_settings), settings.str_payload
