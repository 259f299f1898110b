"""Reads recipes."""

from dataikuapi.iac.canonical import recipe_attributes
from dataikuapi.iac.models import Resource, make_resource_id
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.errors import missing_is_not_found

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
        """
        parsed = self._parse(resource_id)
        project = self.client.get_project(parsed.project_key)
        with missing_is_not_found(resource_id):
            settings = project.get_recipe(parsed.resource_name).get_settings()
        # Not .obj_payload: reading it replaces the text that DSS sent by another.
        document = settings.recipe_settings
        attributes = recipe_attributes(document, settings.str_payload)
        return self._resource(
            parsed.project_key, parsed.resource_name, attributes, document
        )

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all recipes of a project.

        Args:
            project_key: of the project.

        Raises:
            ValueError: if no project key was given.
        """
        key = self._require(project_key)
        return [
            self.fetch(make_resource_id(self.resource_type, key, item["name"]))
            for item in self.client.get_project(key).list_recipes()
        ]
