"""What a resource type says of its objects: how they are read, and what counts.

One file in this package holds all that the library knows of one type. A type is data
where it can be and functions where it must be; it calls a project handle that is passed
in, and never imports the client.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ClassVar, cast

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.cleaning import (
    IGNORED_IN_ALL,
    Ignored,
    drop_paths,
    normalize_numbers,
    sorted_tags,
    with_defaults,
)
from dataikuapi.iac.types.secrets import Redactor, redact

__all__ = ["Documents", "Identity", "Project", "ResourceType"]

Documents = Mapping[str, Any]
"""What DSS returns for one object, by part: ``document``, ``payload`` and the like."""

Project = Any
"""A :class:`~dataikuapi.dss.project.DSSProject`; the client has no types."""


class Identity(Enum):
    """What the last part of a resource id is."""

    PROJECT = "the object is the project itself: {type}.{PROJECT_KEY}"
    SINGLETON = "there is one in each project: {type}.{PROJECT_KEY}"
    NAME = "the name, which somebody chose"
    GENERATED = "an id that DSS generated; the name is an attribute"
    PATH = "a path, with slashes"

    @property
    def is_named(self) -> bool:
        """Whether ids have a third part."""
        return self not in (Identity.PROJECT, Identity.SINGLETON)


class ResourceType(ABC):
    """One type of object in DSS. It has no state; the registry holds one of each.

    A subclass sets ``name``, lists and fetches, and says what is not configuration.

    Attributes:
        name: the first part of the ids, e.g. ``dataset``.
        identity: what the last part of an id is.
        main: the part of the documents that has the version tag and, unless
            :meth:`attributes` says otherwise, the configuration.
        ignored: paths in the main document that are not configuration, each with the
            reason; beside those that all types have.
        defaults: top-level keys of the main document that count as having this value
            where they are missing, since upgrades of DSS add them.
        privileged: parts that DSS shows only to those with more rights than reading
            takes, each with the call that returns it. Such a part is an attribute of
            the same name. One that is missing was not readable: it is unknown, not
            empty, and not a sign of a change.
    """

    name: ClassVar[str]
    identity: ClassVar[Identity] = Identity.NAME
    main: ClassVar[str] = "document"
    ignored: ClassVar[Ignored] = {}
    defaults: ClassVar[Mapping[str, JSON]] = {}
    privileged: ClassVar[Mapping[str, Callable[[Project], Any]]] = {}

    @abstractmethod
    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """List the objects of a project, with as much as the listing says of them.

        Nothing but calls of the client, and checks of what they return.

        Args:
            project: a handle of the project.

        Returns:
            The documents by name; ``None`` where :meth:`fetch_documents` is needed.

        Raises:
            UnexpectedShapeError: if what DSS returned is not a listing of this type.
        """

    @abstractmethod
    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Read one object, less the privileged parts.

        Nothing but calls of the client, and checks of what they return.

        Args:
            project: a handle of the project.
            name: of the object; "" where ids have none.

        Raises:
            UnexpectedShapeError: if what DSS returned is not an object of this type.
        """

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return the configuration that is in the documents.

        Args:
            documents: as DSS returns them; not changed.
            redactor: what takes the place of a secret.

        Returns:
            A new dict that shares nothing with the documents.
        """
        document = cast(dict[str, JSON], normalize_numbers(documents[self.main]))
        cleaned = drop_paths(document, {**IGNORED_IN_ALL, **self.ignored})
        attributes = with_defaults(cleaned, self.defaults)
        if "tags" in attributes:
            attributes["tags"] = sorted_tags(attributes["tags"])
        return cast(dict[str, JSON], redact(self.refine(attributes), redactor))

    def refine(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Return the attributes less what tables cannot express; the same by default.

        Args:
            attributes: cleaned, with defaults, and not yet redacted.
        """
        return attributes

    def is_missing(self, error: Exception) -> bool:
        """Return whether the client fails in this way where the object does not exist.

        Only of what DSS does not report as missing by itself.

        Args:
            error: raised while :meth:`fetch_documents` called the client.
        """
        return False

    def is_recreated(self, old: Resource, new: Resource) -> bool:
        """Return whether an object was deleted and created again under the same id.

        Args:
            old: the object as it was.
            new: the object as it is, with the same id.
        """
        return False
