"""Where objects lie whose file has the same name for all, in a folder of each."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.layout import Files, Layout, json_file, json_in

__all__ = ["NamedPath"]


@dataclass(frozen=True)
class NamedPath(Layout):
    """One JSON file for each object, at a path that has its name in the middle.

    What else is below the path is not of the object.

    Args:
        path: of a file, with a star for each part of the name. The parts of a name have
            slashes between them.
        has_project_key: whether the API adds the key of the project.
        keeps_id: whether the file has the id as well.
    """

    path: str
    has_project_key: bool = True
    keeps_id: bool = False

    def names(self, files: Files) -> list[str]:
        """Return the ids."""
        literals = map(re.escape, self.path.split("*"))
        pattern = re.compile("([^/]+)".join(literals))
        found = filter(None, map(pattern.fullmatch, files))
        return sorted("/".join(match.groups()) for match in found)

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether the topmost folder is there."""
        folder = self.path.partition("*")[0]
        return any(path.startswith(folder) for path in paths)

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the document with what the API adds to it."""
        added = {"id": name.rpartition("/")[2]}
        if self.has_project_key:
            added["projectKey"] = project_key
        return {"document": {**json_in(files, self._path_of(name)), **added}}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file."""
        added = set() if self.keeps_id else {"id"}
        if self.has_project_key:
            added.add("projectKey")
        document = {key: item for key, item in attributes.items() if key not in added}
        return {self._path_of(name): json_file(document)}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file."""
        if self._path_of(name) in files:
            yield self._path_of(name)

    def _path_of(self, name: str) -> str:
        first, *others = self.path.split("*")
        parts = name.split("/", len(others) - 1)
        parts += [""] * (len(others) - len(parts))  # No file can have that path.
        return first + "".join(map("".join, zip(parts, others, strict=True)))
