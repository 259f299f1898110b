"""The top-level fields of a kind's documents, and what DSS does with them on a save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.documents import Document

_COMMON = frozenset({"projectKey", "name", "versionTag", "creationTag"})

NO_CHECKLISTS: Document = {"checklists": []}


@dataclass(frozen=True)
class Fields:
    """The top-level fields of one kind of object.

    DSS drops a top-level field that it does not know and still responds with 200, so
    the sandbox has to know what DSS knows. The field names of the kinds come from the
    API's documentation and from the files of some eighty public projects.

    Args:
        required: text fields that every object has; a document without one is refused.
        always: the fields that every object of the kind has, with their defaults; a
            document saved without one of them gets it back.
        fresh: further fields of an object that is newly created.
        optional: fields that an object may have.
        kept: the fields that a PUT cannot change: what is sent for them is ignored.
        versioned: whether documents bear a version tag and a creation tag.
    """

    required: tuple[str, ...] = ()
    always: Mapping[str, Any] = field(default_factory=dict)
    fresh: Mapping[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    versioned: bool = True

    def known(self, document: Document, also: Iterable[str] = ()) -> Document:
        """Return the fields that DSS knows; it silently drops the others.

        Args:
            document: what a client sent.
            also: further names to take for known.
        """
        own = (self.required, self.always, self.fresh, self.optional)
        names = _COMMON.union(*own, also)
        return {key: value for key, value in document.items() if key in names}

    def requested(self, prototype: Document, label: str) -> Document:
        """Return what DSS stores of the document that a client POSTs.

        Args:
            prototype: as it was sent.
            label: what messages call the kind.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
        """
        for name in self.required:
            documents.required_text(prototype, name, label)
        return self.with_shuffled_tags(documents.without_nulls(self.known(prototype)))

    def loaded(self, document: Document, owner: str, added: Document) -> Document:
        """Return a document from disk as the API serves it.

        Args:
            document: as it is on disk.
            owner: the login for an object whose file does not say who made it.
            added: the fields that the API adds to the file.
        """
        copy = documents.copied(document)
        return {
            **(documents.with_tags(copy, owner) if self.versioned else copy),
            **added,
        }

    def created(
        self, given: Mapping[str, Any], login: str, when: int, added: Document
    ) -> Document:
        """Return a new document: defaults, the given fields, first tags.

        Args:
            given: stored as they are, over the defaults; nothing is dropped.
            login: who creates it.
            when: milliseconds since 1970.
            added: the fields that the API adds to the file.
        """
        first = documents.version_tag(0, login, when)
        tags = {"versionTag": first, "creationTag": first} if self.versioned else {}
        given = documents.without_nulls(given)
        return documents.copied({**self.always, **self.fresh, **tags, **given, **added})

    def replaced(
        self, document: Document, previous: Document, added: Document
    ) -> Document:
        """Return what DSS keeps of a document that a client PUTs, but for its version.

        Args:
            document: as it was sent; its creation tag and identity are ignored.
            previous: what is stored now. Fields that it has are known to DSS.
            added: the fields that the API adds to the file.
        """
        kept = documents.without_nulls(self.known(document, also=previous))
        merged = self.with_shuffled_tags({**self.always, **kept, **added})
        for name in self.kept | {"creationTag"}:
            merged.pop(name, None)
            if name in previous:
                merged[name] = previous[name]
        return merged

    def with_shuffled_tags(self, document: Document) -> Document:
        """Return the document with its tags in the order in which DSS returns them.

        Raises:
            InvalidDocumentError: the tags are no list of strings.
        """
        if "tags" not in self.always or "tags" not in document:
            return document
        tags = documents.shuffled(documents.tag_list(document["tags"]))
        return {**document, "tags": tags}

    def next_version(
        self, document: Document, previous: Document, login: str, when: int
    ) -> Document:
        """Return a copy of the document as DSS stores it over the previous one."""
        if not self.versioned:
            return documents.copied(document)
        return documents.next_version(document, previous, login, when)
