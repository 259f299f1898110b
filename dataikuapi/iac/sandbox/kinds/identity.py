"""How the objects of a kind are identified: by name, id or path, or as the only one."""

from __future__ import annotations

import random
import string
from collections.abc import Container
from dataclasses import dataclass

ONLY_ID = ""
"""The id under which a project holds its one object of a kind."""

_CHARACTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Identity:
    """How the objects of a kind are identified.

    Args:
        field: the field of a document that holds the id. DSS adds it to what the file
            has. None where a project has just one object of the kind.
        generated_length: the length of the ids that DSS generates; 0 where the client
            chooses the id of a new object.
        nested: whether an id is a path, with slashes in it.
    """

    field: str | None
    generated_length: int = 0
    nested: bool = False

    @property
    def route_parameter(self) -> str:
        """The segment of a route that matches an id."""
        return "{id:path}" if self.nested else "{id}"

    @property
    def pattern(self) -> str:
        """A regular expression with a group that matches an id in a file's path."""
        if self.field is None:
            return f"({ONLY_ID})"
        # An id may itself contain dots.
        return "(.+)" if self.nested else "([^/]+)"

    @property
    def glob(self) -> str:
        """A glob that matches an id in a file's path."""
        return "**/*" if self.nested else "*"

    def generate(self, taken: Container[str]) -> str:
        """Return a new id as DSS generates them.

        It is random, as in DSS: an object that is created again, on the same instance
        or on another, does not get the id that it had.
        """
        while True:
            made = "".join(random.choices(_CHARACTERS, k=self.generated_length))
            if made not in taken:
                return made


BY_NAME = Identity("name")
BY_PATH = Identity("path", nested=True)
ONE_PER_PROJECT = Identity(None)


def generated_id(length: int) -> Identity:
    """Return the identity of a kind whose ids DSS generates: 7 or 8 characters."""
    return Identity("id", generated_length=length)
