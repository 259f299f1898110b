"""API services: their endpoints and who may query them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.markers import MARKER
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Identity, Path, Project, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.code_texts import with_changed_texts
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    SAVED_MODEL_TYPES,
    Fact,
    Reference,
    code_env_at,
    instance_reference_at,
    references_at,
    text_at,
)
from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.shapes import path_segment
from dataikuapi.iac.types.writing import Writer, Writing

__all__ = ["ApiServiceType"]


_IN_R = ("R_FUNCTION", "CUSTOM_R_PREDICTION")
"""Types of endpoints that run in an environment of R."""

_QUERY_KEYS: tuple[Path, ...] = (
    ("authRealm", "queryKeys"),
    ("authRealm", "queryKeys", "key"),
)

_FIRST_KEY = ("authRealm", "queryKeys", "0")
"""The place of every query key in its digest, so that to delete one changes no other.

States have the first key's marker by this place.
"""


class _ServiceWriter(Writer):
    """A new service is empty; its settings are saved later. None is deleted."""

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post to the path of the service, without a body."""
        send(project, "POST", f"apiservices/{path_segment(name)}")
        return name

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the settings as a whole."""
        path = f"apiservices/{path_segment(name)}/settings"
        send(project, "PUT", path, new["document"])
        return 1


class ApiServiceType(ListedType):
    """An API service. Its id is the name that a user chose; its keys are masked."""

    name = "api_service"
    writing = Writing(
        undeletable="DSS has no call for it: delete it by hand",
        writer=_ServiceWriter(),
    )
    noun = "API service"
    identity = Identity.NAME
    listing = "apiservices/"
    item = "apiservices/{name}/settings"
    required_lists = ("endpoints",)
    layout = ObjectFolder("lambda_services", has_project_key=False)
    volatile: ClassVar[Volatile] = {
        ("endpoints", "testQueries"): "UI state: the test tab, 120 of 530 edits",
        ("projectKey",): "in some responses; derived from the path",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "endpoints": [],
        "authRealm": {"queryKeys": []},
        "tags": [],
        "customFields": {},
    }
    code: ClassVar[frozenset[Path]] = frozenset(
        {("endpoints", "code"), ("endpoints", "query")}
    )
    severities: ClassVar[Severities] = {
        ("publicAccess",): Severity.PERMISSIONS,
        ("authRealm",): Severity.PERMISSIONS,
        ("authMethod",): Severity.PERMISSIONS,
        ("oauth2Config",): Severity.PERMISSIONS,
        ("endpoints",): Severity.CODE,
        ("endpoints", "connection"): Severity.CONNECTION,
        ("endpoints", "envSelection"): Severity.CONNECTION,
    }

    def canonical(
        self, document: dict[str, Any], redactor: Redactor
    ) -> dict[str, JSON]:
        """Return the configuration without nulls: an upgrade adds some.

        7 edits in 3 repositories; null and missing mean the same here.
        """
        whole = cast(dict[str, Any], _without_nulls(document))
        return super().canonical(whole, redactor)

    def redact(
        self, attributes: dict[str, JSON], redactor: Redactor
    ) -> dict[str, JSON]:
        """Return the attributes with every secret masked, the query keys as well."""
        seen: Counter[str] = Counter()

        def masked(key: str, path: Path) -> str:
            if not key or MARKER.fullmatch(key):
                return key
            seen[key] += 1
            return redactor.marker(key, _FIRST_KEY, seen[key] - 1)

        return super().redact(
            with_changed_texts(attributes, _QUERY_KEYS, masked), redactor
        )

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return models, datasets, folders, connections and environments."""
        for types, path in (
            (SAVED_MODEL_TYPES, ("modelRef",)),
            ("dataset", ("lookups", "datasetRef")),
            ("managed_folder", ("inputFolderRef",)),
            ("managed_folder", ("inputFolderRefs",)),
        ):
            yield from references_at(attributes, types, "endpoints", *path)
        yield from instance_reference_at(
            attributes, "connection", "endpoints", "connection"
        )
        endpoints = attributes.get("endpoints")
        for position, endpoint in enumerate(
            endpoints if isinstance(endpoints, list) else ()
        ):
            language = "r" if text_at(endpoint, "type") in _IN_R else "python"
            for item in code_env_at(endpoint, "envSelection", language=language):
                yield item._replace(pointer=f"/endpoints/{position}{item.pointer}")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the ids of the endpoints."""
        endpoints = attributes.get("endpoints")
        names = [
            item["id"]
            for item in (endpoints if isinstance(endpoints, list) else ())
            if isinstance(item, dict) and isinstance(item.get("id"), str)
        ]
        if names:
            yield Fact("endpoints", tuple(cast(list[str], names)))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_nulls(item) for name, item in value.items() if item is not None
    }
