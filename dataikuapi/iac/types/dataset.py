"""Datasets: their settings and schema, never their data."""

from collections.abc import Mapping
from typing import ClassVar, cast

from dataikuapi.iac.models.json_values import JSON, canonical_bytes
from dataikuapi.iac.types.base import Documents, Project, ResourceType
from dataikuapi.iac.types.cleaning import Ignored, with_defaults
from dataikuapi.iac.types.shapes import expect_items, expect_object

__all__ = ["DatasetType"]

_FLOW_DEFAULTS: dict[str, JSON] = {"ignoreErrorStatusOnBuild": False}

# Which of these a dataset has depends on its type and on the DSS that saved it last,
# so instead of being filled in they are left out where they are at their default.
_PARAMS_DEFAULTS: dict[str, JSON] = {
    "sparkJdbcAccess": "NONE",
    "numPartitions": -1,
    "variablesExpansionLoopConfig": {
        "enabled": False,
        "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
        "replacements": [],
    },
}


class DatasetType(ResourceType):
    """A dataset. The schema counts, also that of an output, which a build may change.

    DSS lists datasets with their whole definition, so that a project takes one call.
    """

    name = "dataset"
    ignored: ClassVar[Ignored] = {
        ("metrics", "displayedState"): "which metrics the screen shows",
        ("metricsChecks", "displayedState"): "which checks the screen shows",
        ("checks", "displayedState"): "which checks the screen shows",
        ("params", "uploadBoxId"): "DSS removes it seconds after an upload",
        ("schema", "userModified"): "set by each save of a schema, those of DSS too",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "params": {},
        "schema": {"columns": []},
        "formatType": None,
        "tags": [],
        "featureGroup": False,
        "typeSystemVersion": "V1",
        "dkuProperties": [],
        "customFields": {},
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return whole definitions; ``None`` for an item without params or schema."""
        items = expect_items(project.list_datasets(), "name")
        return {
            name: {self.main: item} if "params" in item and "schema" in item else None
            for name, item in items.items()
        }

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the definition, under ``document``."""
        settings = project.get_dataset(name).get_settings().settings
        return {self.main: expect_object(settings, "name", "type")}

    def refine(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Return the attributes with defaults inside ``flowOptions`` and ``params``."""
        if isinstance(attributes.get("flowOptions"), dict):
            flow_options = cast(dict[str, JSON], attributes["flowOptions"])
            attributes["flowOptions"] = with_defaults(flow_options, _FLOW_DEFAULTS)
        if isinstance(attributes["params"], dict):
            attributes["params"] = _without_defaults(attributes["params"])
        return attributes


def _without_defaults(params: dict[str, JSON]) -> dict[str, JSON]:
    return {
        key: value
        for key, value in params.items()
        if key not in _PARAMS_DEFAULTS
        or canonical_bytes(value) != canonical_bytes(_PARAMS_DEFAULTS[key])
    }
