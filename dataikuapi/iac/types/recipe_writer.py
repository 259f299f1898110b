"""How DSS creates, saves and deletes recipes."""

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.requests import get_json, post_json, send
from dataikuapi.iac.types.shapes import expect_items
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Documents, Project

__all__ = ["RecipeWriter", "recipe_users"]


class RecipeWriter(ListedWriter):
    """A recipe is sent with its payload beside it.

    A new one is created raw: DSS takes it as it is, and makes no outputs for it.
    """

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the recipe; DSS names some recipes as it likes, and says how."""
        body = {
            "recipePrototype": self.prototype(project, name, documents["document"]),
            "creationSettings": {
                "rawCreation": True,
                "rawPayload": documents.get("payload") or "",
            },
        }
        return self.name_in(post_json(project, self.listing, body))

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the recipe; without a payload that of DSS stays."""
        body = {"recipe": new["document"]}
        if new.get("payload") is not None:
            body["payload"] = new["payload"]
        send(project, "PUT", self.path(name), body)
        return 1


def recipe_users(project: Project, used: ResourceId) -> dict[str, dict[str, JSON]]:
    """Return the listing of recipes: it has their inputs and outputs.

    DSS deletes a recipe with any of these, and not with what its code mentions.
    """
    return expect_items(get_json(project, "recipes/"), "name")
