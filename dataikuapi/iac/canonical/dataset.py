"""Which part of a dataset's document is its configuration?"""

from typing import Any, cast

from dataikuapi.iac.canonical.common import (
    IGNORED_IN_ALL,
    Ignored,
    filled,
    normalised,
    sorted_tags,
    without,
)
from dataikuapi.iac.canonical.secrets import Mask, hidden, without_secrets
from dataikuapi.iac.models.json_values import JSON, canonical_bytes

__all__ = ["dataset_attributes"]

_IGNORED: Ignored = {
    **IGNORED_IN_ALL,
    ("metrics", "displayedState"): "which metrics the screen shows",
    ("metricsChecks", "displayedState"): "which checks the screen shows",
    ("checks", "displayedState"): "which checks the screen shows",
    ("params", "uploadBoxId"): "DSS removes it seconds after an upload",
    ("schema", "userModified"): "set by whoever saves a schema, DSS included",
}

_DEFAULTS: dict[str, JSON] = {
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


def dataset_attributes(
    document: dict[str, Any], mask: Mask = hidden
) -> dict[str, JSON]:
    """Return the configuration of a dataset: its document less the bookkeeping.

    Args:
        document: as DSS returns it, from the list or for a single one; not changed.
        mask: what stands for a secret.

    Returns:
        A new dict that shares nothing with the document. The schema is in it, also that
        of an output, which a build may change.
    """
    cleaned = without(cast(dict[str, JSON], normalised(document)), _IGNORED)
    attributes = filled(cleaned, _DEFAULTS)
    attributes["tags"] = sorted_tags(attributes["tags"])
    if isinstance(attributes.get("flowOptions"), dict):
        flow_options = cast(dict[str, JSON], attributes["flowOptions"])
        attributes["flowOptions"] = filled(flow_options, _FLOW_DEFAULTS)
    if isinstance(attributes["params"], dict):
        attributes["params"] = _without_defaults(attributes["params"])
    return cast(dict[str, JSON], without_secrets(attributes, mask))


def _without_defaults(params: dict[str, JSON]) -> dict[str, JSON]:
    return {
        key: value
        for key, value in params.items()
        if key not in _PARAMS_DEFAULTS
        or canonical_bytes(value) != canonical_bytes(_PARAMS_DEFAULTS[key])
    }
