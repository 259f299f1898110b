"""Recipes and their payloads: a script, or the settings of a visual recipe."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from iac.oracle.tables import (
    Files,
    Rows,
    Rules,
    as_bytes,
    comparable,
    in_folder,
    rows_in,
    rows_of,
    strike,
    table,
    without_defaults,
    without_noise,
)

PYTHON, R, SQL = "python cpython pyspark", "r sparkr", "sql_query sql_script"
EXTENSION_OF = {
    **dict.fromkeys(PYTHON.split(), "py"),
    **dict.fromkeys(R.split(), "r"),
    **dict.fromkeys([*SQL.split(), "spark_sql_query"], "sql"),
}
SCRIPTS = {*EXTENSION_OF, "shell", "julia", "spark_scala", "hive", "impala"}

RECIPE = Rules(
    defaults={
        "labels": [],
        "variables": {},
        "dkuProperties": [],
        "customFields": {},
        "hashPropagationBehavior": "INHERIT",
        # Upgrades and first saves by a newer DSS add these.
        "maxRunningActivities": 0,
        "optionalDependencies": False,
        "params/containerSelection": {"containerMode": "INHERIT"},
        "params/skipPrerunValidate": False,
        "params/engineParams/sqlPipelineParams": {
            "pipelineAllowStart": True,
            "pipelineAllowMerge": True,
        },
        "params/engineParams/synapseParams": {"usePolybase": False},
        "params/engineParams/impala": {"forceStreamMode": True},
        # Less what ENGINE_CONSTANTS strikes from every engine.
        "params/engineParams/hive": {
            "inheritConf": "default",
            "hiveconf": [],
            "addDkuUdf": False,
            "executionEngine": "HIVESERVER2",
        },
        "params/engineParams": {},
        "params": {},
    }
)
ENGINE_CONSTANTS = {
    "useGlobalMetastore": False,
    "skipPrerunValidate": False,
    "useNativeProcessors": True,
    "executionEngine": "SPARK_SUBMIT",
    "readParams/mode": "AUTO",
    "readParams/autoModeRepartitionInto": 10,
    "readParams/map": {},
    "readParams": {},
}
"""Of each engine, below ``params/engineParams``."""
INPUT_ENTRIES = ({"repartition": 10}, {"repartition": 10, "cache": False})
"""What a save adds to an engine's ``readParams/map`` for each input of a recipe."""

PREPARE_UI_STATE = """
    columnWidthsByName columnUseScientificNotationByName columnOrder sorting coloring
    explorationSampling explorationFilters exploreUIParams vizSampling previewMode
    analysisColumnData globalSearchQuery origin columnsSelection
    """
FRONT_END_KEYS = """
    $status $idx $selected $agg $withModalityMaxLength $latestOperator $filterOptions
    $showList $$hashKey _refreshTrigger __justDragDropped
    """.split()
KEYED_BY_COLUMN = "outputColumnNameOverrides columnWidthsByName per_feature".split()
PAYLOAD_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    **{
        recipe_type: {"computedColumns": [], "outputColumnNameOverrides": {}}
        for recipe_type in ("join", "grouping", "window")
    },
    **{
        recipe_type: {"keptInputColumns": []}
        for recipe_type in ("prediction_scoring", "clustering_scoring")
    },
}


def recipes(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each recipe."""
    return {
        name: of_recipe(content, files.get(payload_path(name, content), b""))
        for name, content in in_folder(files, "recipes")
    }


def payload_path(name: str, content: bytes) -> str:
    """Return the path of a recipe's payload; other files of that name are stale."""
    recipe_type = json.loads(content)["type"]
    return f"recipes/{name}.{EXTENSION_OF.get(recipe_type, recipe_type)}"


@lru_cache(maxsize=1_000)
def of_recipe(content: bytes, payload: bytes) -> bytes:
    """Return the comparable content of a recipe and its payload."""
    document = json.loads(content)
    rows = without_engine_noise(rows_of(document))
    return comparable(rows, RECIPE) + b"\n" + of_payload(document["type"], payload)


def of_payload(recipe_type: str, payload: bytes) -> bytes:
    """Return the script, or the comparable settings of a visual recipe."""
    if recipe_type in SCRIPTS or not payload.strip():
        return payload
    rows = rows_in(payload)
    for path in list(rows):
        if any(
            part in FRONT_END_KEYS and above not in KEYED_BY_COLUMN
            for above, part in zip((None, *path), path, strict=False)
        ):
            del rows[path]
    if recipe_type == "shaker":
        rows = without_noise(rows, PREPARE_UI_STATE)
        for path in [path for path in rows if path[-1:] == ("preview",)]:
            if path[0] == "steps" and set(path[:-1:2]) == {"steps"}:
                del rows[path]
    return as_bytes(without_defaults(rows, PAYLOAD_DEFAULTS.get(recipe_type, {})))


def without_engine_noise(rows: Rows) -> Rows:
    """Return the table of a recipe without the constants of its engines."""
    above = ("params", "engineParams")
    engines = {path[2] for path in rows if path[:2] == above and len(path) > 2}
    for engine in engines:
        prefix = (*above, engine)
        inputs = [path for path in rows if path[:-1] == (*prefix, "readParams", "map")]
        for entry in inputs:
            if any(
                table(rows, entry) == rows_of(noise, entry) for noise in INPUT_ENTRIES
            ):
                rows = strike(rows, entry)
        for name, constant in ENGINE_CONSTANTS.items():
            path = (*prefix, *name.split("/"))
            if table(rows, path) == rows_of(constant, path):
                rows = strike(rows, path)
    return rows
