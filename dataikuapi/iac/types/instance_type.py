"""The base class of types whose objects are in no project."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.base import Documents, ResourceType
from dataikuapi.iac.types.cleaning import with_defaults
from dataikuapi.iac.types.secrets import Redactor

__all__ = ["Client", "InstanceType", "NotPermittedError"]

Client = Any
"""A :class:`~dataikuapi.dssclient.DSSClient`; the client is not typed."""

_DEFINITION = "definition"


class NotPermittedError(Exception):
    """A response shows that the API key may not list objects, without an error."""


class InstanceType(ResourceType):
    """A type of object on the instance: ``connection.@instance.pg``.

    Its methods get the client in place of a project handle. Only an administrator's key
    can read an object's definition: the part ``definition``, which becomes the
    attribute of that name. With any other key it is missing, which means unknown, not
    empty.

    Attributes:
        definition_defaults: values of keys that may be missing in the definition.
        lists_all_names: whether :meth:`list_names` has all objects there are, rather
            than those that a user may use.
        overlay_section: the section of an environment's overlay that has other names of
            such objects in place of those in the code; "" if there is none.
        is_selected: whether the object around a name also says whether the name is
            used, such as the selection of a code environment.
    """

    is_on_instance = True
    unknown_if_missing: ClassVar[frozenset[str]] = frozenset({_DEFINITION})
    definition_defaults: ClassVar[Mapping[str, JSON]] = {}
    lists_all_names: ClassVar[bool] = False
    overlay_section: ClassVar[str] = ""
    is_selected: ClassVar[bool] = False

    @abstractmethod
    def list_documents(self, project: Client) -> dict[str, Documents | None]:
        """List the objects, as an administrator.

        Args:
            project: the client.

        Raises:
            NotPermittedError: if the response shows that the API key is not that of an
                administrator. Where DSS reports that as an error, that is raised.
        """

    def fetch_documents(self, project: Client, name: str) -> Documents:
        """Read one object, as an administrator; by default out of the listing.

        Args:
            project: the client.
            name: of the object.

        Raises:
            ResourceNotFoundError: if the listing does not have it.
        """
        documents = self.list_documents(project).get(name)
        if documents is None:
            raise ResourceNotFoundError(
                f"there is no {self.name} {name[:200]} on the instance: it was deleted "
                "or renamed, or the name is wrong"
            )
        return documents

    def list_names(self, client: Client) -> dict[str, Documents]:
        """List what keys without administrator rights see; by default nothing.

        Returns:
            Documents without definitions, by name.
        """
        return {}

    def name_in_documents(self, name: str) -> str:
        """Return how other objects spell a name; by default as its id does."""
        return name

    def is_named_in(self, member: str) -> bool:
        """Return whether members called so have the name of such an object everywhere.

        Args:
            member: its name; of any document of a project but its variables.
        """
        return False

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return what is known of the object; ``definition`` if it could be read."""
        document = dict(documents[self.main])
        if _DEFINITION in documents:
            document[_DEFINITION] = documents[_DEFINITION]
        return self.canonical(document, redactor)

    def refine(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Apply the defaults inside of the definition."""
        if not isinstance(attributes.get(_DEFINITION), dict):
            return attributes
        definition = cast(dict[str, JSON], attributes[_DEFINITION])
        whole = with_defaults(definition, self.definition_defaults)
        return {**attributes, _DEFINITION: whole}
