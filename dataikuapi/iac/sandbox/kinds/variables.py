"""The variables of a project: the standard ones, and those of the instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox import lenient_json
from dataikuapi.iac.sandbox.documents import Document, StoredObject, required_object
from dataikuapi.iac.sandbox.files import Files, read_document
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import ONE_PER_PROJECT, ONLY_ID
from dataikuapi.iac.sandbox.kinds.project import PROJECT

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest

_FILES = {"standard": "variables.json", "local": "localvariables.json"}


@dataclass(frozen=True, eq=False)
class VariablesKind(Kind):
    """Two maps that the API serves as one document, and git keeps in two files."""

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return both maps; one without a file is empty.

        Users type them as text, which DSS stores as it is.
        """
        document: Document = {
            name: (
                read_document(files, path, lenient_json.loads) if path in files else {}
            )
            for name, path in _FILES.items()
        }
        return {ONLY_ID: StoredObject(document)}

    def from_api(self, body: Any) -> StoredObject:
        """Return the variables that a client PUTs; it has to send both maps."""
        sent = required_object(body, "variables")
        return StoredObject(
            {
                name: required_object(sent.get(name), f"{name} variables")
                for name in _FILES
            }
        )

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace both maps, which makes a new version of the project."""
        project = request.project()
        with project.lock:
            response = super().handle_put(request)
            PROJECT.save(project, PROJECT.params(project), request.login)
        return response


VARIABLES = VariablesKind(
    label="variables",
    path="variables",
    file=_FILES["standard"],
    other_files=(_FILES["local"],),
    identity=ONE_PER_PROJECT,
    fields=Fields(always={name: {} for name in _FILES}, versioned=False),
)
