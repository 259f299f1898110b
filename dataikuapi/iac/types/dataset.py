"""Which part of a dataset's document is its configuration?"""

from typing import Any, cast

from dataikuapi.iac.models.json_values import JSON, canonical_bytes
from dataikuapi.iac.types.cleaning import (
    IGNORED_IN_ALL,
    Ignored,
    drop_paths,
    normalize_numbers,
    sorted_tags,
    with_defaults,
)
from dataikuapi.iac.types.secrets import Redactor, redact, redact_constant

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
    document: dict[str, Any], redactor: Redactor = redact_constant
) -> dict[str, JSON]:
    """Return the configuration of a dataset: its document less the bookkeeping.

    Args:
        document: as DSS returns it, from the list or for a single one; not changed.
        mask: what stands for a secret.

    Returns:
        A new dict that shares nothing with the document. The schema is in it, also that
        of an output, which a build may change.
    """
    cleaned = drop_paths(cast(dict[str, JSON], normalize_numbers(document)), _IGNORED)
    attributes = with_defaults(cleaned, _DEFAULTS)
    attributes["tags"] = sorted_tags(attributes["tags"])
    if isinstance(attributes.get("flowOptions"), dict):
        flow_options = cast(dict[str, JSON], attributes["flowOptions"])
        attributes["flowOptions"] = with_defaults(flow_options, _FLOW_DEFAULTS)
    if isinstance(attributes["params"], dict):
        attributes["params"] = _without_defaults(attributes["params"])
    return cast(dict[str, JSON], redact(attributes, redactor))


def _without_defaults(params: dict[str, JSON]) -> dict[str, JSON]:
    return {
        key: value
        for key, value in params.items()
        if key not in _PARAMS_DEFAULTS
        or canonical_bytes(value) != canonical_bytes(_PARAMS_DEFAULTS[key])
    }
