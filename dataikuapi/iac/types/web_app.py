"""Web apps: their settings and their code."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Path, Project, Severities
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.layout import Files, ObjectFolder, text_in
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    code_env_at,
    text_at,
    value_at,
)
from dataikuapi.iac.types.requests import post_json, send
from dataikuapi.iac.types.shapes import expect_object, path_segment
from dataikuapi.iac.types.writing import Writer, Writing

__all__ = ["WebAppType"]

_CODE_FILES = {
    "html": "body.html",
    "css": "style.css",
    "js": "app.js",
    "python": "backend.py",
    "ui": "ui.R",
    "server": "server.R",
}
"""Members of ``params`` that git has in files of their own."""


_INFRA: Path = ("params", "infra")
_SCALING: Path = (*_INFRA, "scaling")

_ONE_REPLICA: Mapping[str, JSON] = {
    "initialReplicas": 1,
    "progressDeadlineSeconds": 600,
    "hpa": False,
    "hpaTargetCPUPercent": 0,
    "hpaTargetMemoryPercent": 0,
    "hpaMetrics": [],
    "hpaMinPods": 0,
    "hpaMaxPods": 0,
    "hpaAnnotations": [],
}
"""How a web app scales that nobody has set up, as an upgrade of DSS writes it."""


class _WebAppFolder(ObjectFolder):
    """A JSON file without code, and the code in a folder of the same name."""

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the document with the code inside."""
        document = super().documents(files, project_key, name)["document"]
        code = {
            member: text_in(files, f"{self.folder}/{name}/{file}")
            for member, file in _CODE_FILES.items()
            if f"{self.folder}/{name}/{file}" in files
        }
        params = document.get("params")
        inner = params if isinstance(params, dict) else {}
        return {"document": {**document, "params": {**inner, **code}}}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file without code, and a file for each part of it."""
        params = attributes.get("params")
        inner = params if isinstance(params, dict) else {}
        rest = {key: value for key, value in inner.items() if key not in _CODE_FILES}
        found = super().files(name, {**attributes, "params": rest})
        for member, file in _CODE_FILES.items():
            text = inner.get(member)
            if isinstance(text, str) and text:
                found[f"{self.folder}/{name}/{file}"] = text.encode()
        return found

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the JSON file, and those of the code."""
        yield from super().paths(files, name)
        for file in _CODE_FILES.values():
            if f"{self.folder}/{name}/{file}" in files:
                yield f"{self.folder}/{name}/{file}"


class _WebAppWriter(Writer):
    """A new web app gets an API key of DSS, which is sent back as it is.

    None is deleted.
    """

    effect = "its backend has to be restarted"

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post name, type and parameters with the code; the rest is saved later."""
        document = documents["document"]
        known = ("name", "type", "params")
        body = {key: document[key] for key in known if key in document}
        response = expect_object(post_json(project, "webapps/", body), "webAppId")
        return str(response["webAppId"])

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the whole document."""
        send(project, "PUT", f"webapps/{path_segment(name)}", new["document"])
        return 1


class WebAppType(ListedType):
    """A web app. DSS makes an API key for each, which is not its configuration.

    ``params.infra.nbReplicas`` of an older DSS is read as what an upgrade makes of it:
    ``params.infra.scaling.initialReplicas``.
    """

    name = "web_app"
    writing = Writing(
        environment_specific=frozenset(
            {("params", "autoStartBackend"), ("params", "nbProcesses")}
        ),
        undeletable="DSS has no call for it: delete it by hand",
        writer=_WebAppWriter(),
    )
    listing = "webapps/"
    required = ("type",)
    layout = _WebAppFolder("web_apps")
    volatile: ClassVar[Volatile] = {
        ("apiKey",): "made by DSS, and encrypted anew at each save: 446 of 2,803 edits",
        ("config", "$touched*"): "what the page of settings notes for itself: 2 edits",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "params": {},
        "config": {},
        "tags": [],
        "customFields": {},
    }
    # Added by upgrades, always with these values: 3 to 4 edits in 3 repositories. An
    # empty part of the code has no file in git.
    constants: ClassVar[Constants] = {
        ("params", "nbProcesses"): (1,),
        ("params", "hideJSSecurityPanel"): (False,),
        ("params", "forceAuthentication"): (False,),
        ("params", "infra", "overrideGlobalK8sExposition"): (False,),
        ("params", "infra", "deploymentModifier"): ({},),
        **{(*_SCALING, member): (value,) for member, value in _ONE_REPLICA.items()},
        _SCALING: ({},),
        **{("params", member): ("",) for member in _CODE_FILES},
    }
    code: ClassVar[frozenset[Path]] = frozenset(
        ("params", member) for member in _CODE_FILES
    )
    severities: ClassVar[Severities] = {
        ("params", "runAs"): Severity.PERMISSIONS,
        ("runAsUser",): Severity.PERMISSIONS,
        ("params", "forceAuthentication"): Severity.PERMISSIONS,
        ("params", "envSelection"): Severity.CONNECTION,
        ("params", "infra"): Severity.CONNECTION,
        ("type",): Severity.CODE,
        ("config",): Severity.CODE,
        ("params", "autoStartBackend"): Severity.CODE,
        ("params", "backendEnabled"): Severity.CODE,
        **{("params", member): Severity.CODE for member in _CODE_FILES},
    }

    def without_noise(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Clean the attributes as if DSS had been upgraded."""
        return super().without_noise(_with_scaling(attributes))

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the code environment; that of a Shiny app is of R."""
        language = "r" if attributes.get("type") == "SHINY" else "python"
        return code_env_at(attributes, "params", "envSelection", language=language)

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the type."""
        if text_at(attributes, "type"):
            yield Fact("type", (text_at(attributes, "type"),))


def _with_scaling(attributes: dict[str, JSON]) -> dict[str, JSON]:
    params, infra = attributes.get("params"), value_at(attributes, *_INFRA)
    if not isinstance(params, dict) or not isinstance(infra, dict):
        return attributes
    if "nbReplicas" not in infra:
        return attributes
    rest = {key: value for key, value in infra.items() if key != "nbReplicas"}
    scaled = {"scaling": {"initialReplicas": infra["nbReplicas"]}, **rest}
    return {**attributes, "params": {**params, "infra": scaled}}
