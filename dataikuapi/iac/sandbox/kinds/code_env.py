"""Code environments: listed in short, by language and name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.errors import (
    NotAFileError,
    NotInSandboxError,
    ObjectNotFoundError,
)
from dataikuapi.iac.sandbox.kinds.base import Routes
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest

_SUMMARY = ("envName", "envLang", "deploymentMode", "isUptodate", "owner")


@dataclass(frozen=True, eq=False)
class CodeEnvKind(InstanceKind):
    """Code environments, by ids such as `PYTHON/py39`."""

    def added_fields(self, object_id: str) -> Document:
        """Return language and name."""
        language, _, name = object_id.partition("/")
        return {"envLang": language, "envName": name}

    def routes(self) -> Routes:
        """Return the requests; the path of one has its language."""
        return {
            f"/{self.path}": {"GET": self.handle_list},
            f"/{self.path}/{{language}}/{{id}}": {
                "GET": self.handle_get,
                "PUT": self.handle_put,
                "POST": self.handle_create,
                "DELETE": self.handle_delete,
            },
        }

    def handle_list(self, request: ApiRequest) -> Any:
        """List the environments, without what is in them."""
        documents = request.administered_instance().documents(self)
        return [
            {name: document[name] for name in _SUMMARY if name in document}
            for document in documents
        ]

    def handle_get(self, request: ApiRequest) -> Any:
        """Return one environment, or fail for the file that it has not."""
        try:
            return super().handle_get(request)
        except ObjectNotFoundError as error:
            path = self.id_of(request).lower()
            raise NotAFileError(f"Not a file: /{path}/desc.json") from error

    def handle_create(self, request: ApiRequest) -> Any:
        """Refuse: DSS installs packages, which takes minutes."""
        raise NotInSandboxError("Creating a code environment is not in the sandbox")

    def id_of(self, request: ApiRequest) -> str:
        """Return language and name in the path of a request."""
        return f"{request.path['language']}/{request.path['id']}"


CODE_ENV = CodeEnvKind(
    label="code environment",
    path="admin/code-envs",
    always={
        "deploymentMode": "DESIGN_MANAGED",
        "isUptodate": True,
        "usableByAll": True,
        "permissions": [],
        "desc": {"pythonInterpreter": "PYTHON39", "installCorePackages": True},
        "specPackageList": "",
        "specCondaEnvironment": "",
        "mandatoryPackageList": "pandas>=1.4,<1.5",
        "actualPackageList": "",
    },
)
