"""Which part of a recipe's document and payload is its configuration?"""

import json
from typing import Any, cast

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.json_values import JSON, find_unsupported
from dataikuapi.iac.types.cleaning import (
    IGNORED_IN_ALL,
    Ignored,
    drop_paths,
    normalize_numbers,
    sorted_tags,
    with_defaults,
)
from dataikuapi.iac.types.columns import KEYED_BY_COLUMN
from dataikuapi.iac.types.secrets import Redactor, redact, redact_constant

__all__ = ["recipe_attributes"]

CODE_RECIPES = frozenset("""
    python cpython pyspark streaming_python r sparkr julia shell spark_scala
    streaming_spark_scala sql_query sql_script spark_sql_query hive impala ksql
    """.split())
"""Types whose payload is a script; any other type has a JSON text, or nothing."""

_DEFAULTS: dict[str, JSON] = {
    "name": "",
    "type": "",
    "inputs": {},
    "outputs": {},
    "params": {},
    "tags": [],
    "labels": [],
    "variables": {},
    "dkuProperties": [],
    "customFields": {},
    "hashPropagationBehavior": "INHERIT",
}

_UI_STATE = frozenset("""
    $status $idx $selected $agg $withModalityMaxLength $latestOperator $filterOptions
    $showList $$hashKey __justDragDropped _refreshTrigger
    """.split())
"""Keys that the front end writes into payloads while somebody looks at a recipe.

By name and not by the leading ``$``: users call their columns ``$x`` too.
"""

_IN_PREPARE: Ignored = {
    ("columnWidthsByName",): "how wide the screen shows the columns",
    ("columnUseScientificNotationByName",): "how the screen shows numbers",
    ("columnOrder",): "in which order the screen shows the columns",
    ("explorationSampling",): "which rows the screen shows",
    ("vizSampling",): "which rows a chart shows",
    ("explorationFilters",): "which rows the screen shows",
    ("exploreUIParams",): "whether the screen refreshes by itself",
    ("previewMode",): "how the screen shows a step's effect",
    ("analysisColumnData",): "what the screen found out about a column",
    ("globalSearchQuery",): "what was typed into the search box",
    ("coloring",): "how the screen colours cells",
    ("sorting",): "in which order the screen shows the rows",
    ("origin",): "comes and goes with the page from which the recipe was saved",
}


def recipe_attributes(
    document: dict[str, Any], payload: str | None, redactor: Redactor = redact_constant
) -> dict[str, JSON]:
    """Return the configuration of a recipe: its document and its payload, cleaned.

    Args:
        document: the ``recipe`` object as DSS returns it; not changed.
        payload: as DSS returns it.
        mask: what stands for a secret; a script is not searched for secrets.

    Returns:
        A new dict that shares nothing with the document. It has the key ``payload``
        where the recipe has a non-empty one: the script as it is, or the settings of a
        visual recipe, parsed.
    """
    cleaned = drop_paths(
        cast(dict[str, JSON], normalize_numbers(document)), IGNORED_IN_ALL
    )
    attributes = with_defaults(cleaned, _DEFAULTS)
    attributes["tags"] = sorted_tags(attributes["tags"])
    attributes = cast(dict[str, JSON], redact(attributes, redactor))
    if not isinstance(payload, (str, type(None))):
        raise TypeError("a payload is a text")
    if payload:
        attributes["payload"] = _payload(str(attributes["type"]), payload, redactor)
    return attributes


def _payload(recipe_type: str, text: str, redactor: Redactor) -> JSON:
    if recipe_type in CODE_RECIPES:
        return text
    try:
        parsed = json.loads(text)
    except RecursionError as error:
        raise UnsupportedValueError("payload: nested far too deep") from error
    except ValueError:
        return text  # A type that this list of code recipes does not know yet.
    problem = find_unsupported(parsed, "payload")
    if problem:
        raise UnsupportedValueError(problem)
    if recipe_type == "shaker" and isinstance(parsed, dict):
        parsed = drop_paths(parsed, _IN_PREPARE)
    return redact(normalize_numbers(_without_ui_state(parsed)), redactor)


def _without_ui_state(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ui_state(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: (_columns(item) if key in KEYED_BY_COLUMN else _without_ui_state(item))
        for key, item in value.items()
        if key not in _UI_STATE
    }


def _columns(value: Any) -> Any:
    if not isinstance(value, dict):
        return _without_ui_state(value)
    return {column: _without_ui_state(item) for column, item in value.items()}
