"""The base class of types whose objects DSS lists, and returns one by one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from dataikuapi.iac.types.base import Documents, Identity, Project, ResourceType
from dataikuapi.iac.types.requests import get_json, path_segments
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    path_segment,
)

__all__ = ["ListedType"]

_BASE = "/projects/{project}/"


class ListedType(ResourceType):
    """A type whose listing is a summary: each object takes a request of its own.

    Attributes:
        listing: path of the listing below the project, e.g. ``scenarios/``; a base
            class has none.
        item: path of an object, with ``{name}`` for its name or id. By default, that
            name below the listing.
        key: what has the name or id in the items of the listing, and in an object.
        required: keys that an object has, each with a non-empty text.
        required_lists: keys that an object has, each with an array.
    """

    identity: ClassVar[Identity] = Identity.GENERATED
    listing: ClassVar[str] = ""
    item: ClassVar[str] = ""
    key: ClassVar[str] = "id"
    required: ClassVar[tuple[str, ...]] = ()
    required_lists: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Derive the item's path, and the shapes of both responses."""
        super().__init_subclass__(**options)
        if cls.listing:
            cls.item = cls.item or cls.listing.rstrip("/") + "/{name}"
            cls.responses = {**cls.shapes(), **cls.responses}

    @classmethod
    def shapes(cls) -> Mapping[str, Shape]:
        """Return what the responses look like, by path; override an unusual one."""
        own = {"projectKey": "project"}
        return {
            _BASE + cls.listing: ListShape(cls.key, ObjectShape(identity=own)),
            _BASE
            + cls.item: ObjectShape(
                required={
                    **dict.fromkeys(cls.required, str),
                    **dict.fromkeys(cls.required_lists, list),
                },
                identity={**own, cls.key: "name"},
            ),
        }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the names or ids only; each object has to be fetched."""
        items = expect_items(get_json(project, self.listing), self.key)
        return dict.fromkeys(name for name in items if self.is_own(items[name]))

    def is_own(self, item: Mapping[str, Any]) -> bool:
        """Return whether an item of the listing is of this type; by default, it is."""
        return True

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the object, under ``document``."""
        quote = path_segments if self.identity is Identity.PATH else path_segment
        path = self.item.format(name=quote(name))
        return {self.main: expect_object(get_json(project, path), *self.required)}
