"""How DSS creates, saves and deletes recipes."""

from dataikuapi.iac.types.requests import post_json, send
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Documents, Project

__all__ = ["RecipeWriter"]


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

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> None:
        """Put the recipe; without a payload that of DSS stays."""
        body = {"recipe": new["document"]}
        if new.get("payload") is not None:
            body["payload"] = new["payload"]
        send(project, "PUT", self.path(name), body)
