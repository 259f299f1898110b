"""The variables of a project: the standard ones, and the local ones."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types import lenient_json
from dataikuapi.iac.types.base import Documents, Identity, Project, ResourceType
from dataikuapi.iac.types.layout import Files, Layout, json_file, json_in
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import ObjectShape, Shape, expect_object
from dataikuapi.iac.types.writers import SingleWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["VariablesType"]

_STANDARD, _LOCAL = "variables.json", "localvariables.json"


class _TwoFiles(Layout):
    """A file for each map; a project without standard variables has no such file.

    The local ones may be missing although there are some: they are of one instance.
    """

    def names(self, files: Files) -> list[str]:
        """Return "": each project has variables."""
        return [""]

    def covers(self, paths: Collection[str]) -> bool:
        """Return True: that there is no file means that there are no variables."""
        return True

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the maps as one document; without local ones if they are unknown."""
        document = {"standard": _variables_in(files, _STANDARD)}
        if _LOCAL in files:
            document["local"] = _variables_in(files, _LOCAL)
        return {"document": document}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file of the standard variables."""
        standard = attributes.get("standard")
        if not isinstance(standard, dict) or not standard:
            return {}
        return {_STANDARD: json_file(standard)}

    def local_files(
        self, name: str, attributes: Mapping[str, JSON]
    ) -> dict[str, bytes]:
        """Return the file of the local variables, even if there are none."""
        local = attributes.get("local")
        return {_LOCAL: json_file(local)} if isinstance(local, dict) else {}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file of the standard variables."""
        if _STANDARD in files:
            yield _STANDARD


class _VariablesWriter(SingleWriter):
    """Both maps are replaced at once, so the local one is sent back as it is."""

    def body(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Return the new standard variables, with the local ones that DSS has."""
        return {**new, "local": old["local"]}


class VariablesType(ResourceType):
    """Both maps of variables, apart. Local ones hold for one instance only.

    Values may be secrets, so they are masked like those of any other document.
    """

    name = "variables"
    writing = Writing(
        from_live=frozenset({("local",)}),
        writer=_VariablesWriter("variables/"),
        uncreatable="each project has them",
        undeletable="each project has them: remove single variables instead",
    )
    requests = "1"
    plural = "variables"
    identity = Identity.SINGLETON
    layout = _TwoFiles()
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/variables/": ObjectShape(
            required={"standard": dict, "local": dict}
        ),
    }
    defaults: ClassVar[Mapping[str, JSON]] = {"standard": {}}
    # Any key may be the name of a variable.
    volatile_anywhere: ClassVar[Mapping[str, str]] = {}
    unknown_if_missing = frozenset({"local"})
    variables_path = ("standard",)

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the variables, as the one object of the project."""
        return {"": self.fetch_documents(project, "")}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return both maps, under ``document``."""
        return {self.main: expect_object(get_json(project, "variables/"))}


def _variables_in(files: Files, path: str) -> dict[str, Any]:
    """Return the variables in a file, which has the text that somebody typed.

    3 of 296 edits in real histories are not strict JSON.
    """
    return json_in(files, path, lenient_json.loads) if path in files else {}
