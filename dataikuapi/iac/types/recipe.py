"""Recipes with their payload: the script, or the settings of a visual recipe."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.json_values import JSON, find_unsupported
from dataikuapi.iac.types.base import Documents, Project, ResourceType
from dataikuapi.iac.types.cleaning import (
    KEYED_BY_COLUMN,
    Ignored,
    drop_paths,
    normalize_numbers,
)
from dataikuapi.iac.types.secrets import Redactor, redact
from dataikuapi.iac.types.shapes import expect_items, expect_object, expect_text

__all__ = ["RecipeType"]

CODE_RECIPES = frozenset("""
    python cpython pyspark streaming_python r sparkr julia shell spark_scala
    streaming_spark_scala sql_query sql_script spark_sql_query hive impala ksql
    """.split())
"""Recipe types whose payload is a script; any other has a JSON text, or nothing."""

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
    ("coloring",): "how the screen colors cells",
    ("sorting",): "in which order the screen shows the rows",
    ("origin",): "comes and goes with the page from which the recipe was saved",
}


class RecipeType(ResourceType):
    """A recipe, of its document and a ``payload`` as DSS stores it, a text.

    The listing has neither params nor payload, so that each recipe takes a call of its
    own. A visual recipe's payload is JSON, whose keys DSS reorders, so it is compared
    parsed. A script is kept as it is, and not searched for secrets.
    """

    name = "recipe"
    defaults: ClassVar[Mapping[str, JSON]] = {
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

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the names; each recipe has to be fetched."""
        return dict.fromkeys(expect_items(project.list_recipes(), "name"))

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the recipe under ``document``, and its ``payload``."""
        settings = project.get_recipe(name).get_settings()
        return {
            self.main: expect_object(settings.recipe_settings, "name", "type"),
            # Not .obj_payload: reading it replaces the text that DSS sent by another.
            "payload": expect_text(settings.str_payload),
        }

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return the configuration; ``payload`` where there is a non-empty one."""
        attributes = super().attributes(documents, redactor)
        payload = documents.get("payload")
        if payload:
            attributes["payload"] = _payload(str(attributes["type"]), payload, redactor)
        return attributes

    def is_missing(self, error: Exception) -> bool:
        """Return whether DSS answered 200 without the key ``recipe``."""
        return isinstance(error, KeyError) and error.args == ("recipe",)


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
