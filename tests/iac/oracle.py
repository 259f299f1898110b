"""An independent oracle of what changed, working from a project's files alone.

It is a second opinion on the library, so it imports nothing from it and works another
way: a document is flattened to a table from path to leaf, and rules strike rows from
that table. The rules come from facts about DSS (what churns, what to ignore), not from
our code.
"""

import json
import re
from functools import lru_cache

PYTHON, R, SQL = "python cpython pyspark", "r sparkr", "sql_query sql_script"
EXTENSION_OF = {
    **dict.fromkeys(PYTHON.split(), "py"),
    **dict.fromkeys(R.split(), "r"),
    **dict.fromkeys([*SQL.split(), "spark_sql_query"], "sql"),
}
SCRIPTS = {*EXTENSION_OF, "shell", "julia", "spark_scala", "hive", "impala"}

# A star matches any one segment of a path, such as a list index.
COMMON_NOISE = """
    versionTag creationTag smartName
    checklists/checklists/*/items/*/createdOn
    checklists/checklists/*/items/*/createdBy
    checklists/checklists/*/items/*/stateChangedOn
    """
DATASET_NOISE = """
    metrics/displayedState metricsChecks/displayedState checks/displayedState
    params/uploadBoxId schema/userModified
    """
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

# A missing key is equal to its default.
NO_LOOP = {
    "enabled": False,
    "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
    "replacements": [],
}
DATASET_DEFAULTS = {
    "featureGroup": False,
    "typeSystemVersion": "V1",
    "dkuProperties": [],
    "customFields": {},
    "flowOptions/ignoreErrorStatusOnBuild": False,
    "params/sparkJdbcAccess": "NONE",
    "params/numPartitions": -1,
    "params/variablesExpansionLoopConfig": NO_LOOP,
    # An upgrade renames the former to the latter.
    "metricsChecks/runOnBuild": False,
    "metricsChecks/monitor": False,
}
RECIPE_DEFAULTS = {
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
PAYLOAD_DEFAULTS = {
    **{
        recipe_type: {"computedColumns": [], "outputColumnNameOverrides": {}}
        for recipe_type in ("join", "grouping", "window")
    },
    **{
        recipe_type: {"keptInputColumns": []}
        for recipe_type in ("prediction_scoring", "clustering_scoring")
    },
}
PROJECT_DEFAULTS = {
    "shortDesc": "",
    "description": "",
    "customFields": {},
    "checklists": {"checklists": []},
    "exposedObjects": {"objects": []},
}
PROJECT_KEYS = """
    name shortDesc description tags checklists customFields projectStatus settings
    exposedObjects permissions owner dashboardAuthorizations additionalDashboardUsers
    projectAppType bundleExporterSettings bundleContainerSettings
    """.split()

# Lists whose order means nothing; the inner ones first.
PROJECT_SETS = """
    exposedObjects/objects/*/rules exposedObjects/objects permissions
    dashboardAuthorizations/authorizations/*/modes
    dashboardAuthorizations/authorizations additionalDashboardUsers/users
    """.split()


def objects(project_key, files):
    """Return the comparable content of each object, by resource id.

    Args:
        project_key: the key of the project.
        files: contents by path, in the layout in which DSS commits a project to git.
    """
    found = {f"project.{project_key}": of_project(files["params.json"])}
    for path, content in files.items():
        named = re.fullmatch(r"(dataset|recipe)s/([^/]+)\.json", path)
        if named:
            kind, name = named.groups()
            found[f"{kind}.{project_key}.{name}"] = (
                of_dataset(content)
                if kind == "dataset"
                else of_recipe(content, files.get(payload_path(name, content), b""))
            )
    return found


def changes(old, new):
    """Return the sign and id of each object that differs between two results."""
    return sorted(
        f"{'~' if name in old and name in new else '-+'[name in new]} {name}"
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    )


def payload_path(name, content):
    """Return the path of a recipe's payload; other files of that name are stale."""
    recipe_type = json.loads(content)["type"]
    return f"recipes/{name}.{EXTENSION_OF.get(recipe_type, recipe_type)}"


@lru_cache(maxsize=10_000)
def of_project(content):
    """Return the comparable content of ``params.json`` that the API exposes."""
    params = json.loads(content)
    for path in PROJECT_SETS:
        params = unordered(params, path.split("/"))
    rows = rows_of({key: params[key] for key in PROJECT_KEYS if key in params})
    return comparable(rows, COMMON_NOISE, PROJECT_DEFAULTS)


@lru_cache(maxsize=10_000)
def of_dataset(content):
    """Return the comparable content of a dataset."""
    rows = rows_of(json.loads(content))
    return comparable(rows, COMMON_NOISE + DATASET_NOISE, DATASET_DEFAULTS)


@lru_cache(maxsize=10_000)
def of_recipe(content, payload):
    """Return the comparable content of a recipe and its payload."""
    document = json.loads(content)
    rows = without_engine_noise(rows_of(document))
    comparable_document = comparable(rows, COMMON_NOISE, RECIPE_DEFAULTS)
    return comparable_document + b"\n" + of_payload(document["type"], payload)


def of_payload(recipe_type, payload):
    """Return the script, or the comparable settings of a visual recipe."""
    if recipe_type in SCRIPTS or not payload.strip():
        return payload
    rows = rows_of(json.loads(payload))
    for path in list(rows):
        if any(
            part in FRONT_END_KEYS and above not in KEYED_BY_COLUMN
            for above, part in zip((None, *path), path, strict=False)
        ):
            del rows[path]
    ui_state = PREPARE_UI_STATE if recipe_type == "shaker" else ""
    if recipe_type == "shaker":
        for path in [path for path in rows if path[-1:] == ("preview",)]:
            if path[0] == "steps" and set(path[:-1:2]) == {"steps"}:
                del rows[path]
    defaults = PAYLOAD_DEFAULTS.get(recipe_type, {})
    return comparable(rows, ui_state, defaults, tags=False)


def without_engine_noise(rows):
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


def table(rows, prefix):
    """Return the rows at a path and below it."""
    return {path: rows[path] for path in rows if path[: len(prefix)] == prefix}


def strike(rows, prefix):
    """Return the rows but those at a path and below it."""
    return {path: rows[path] for path in rows if path[: len(prefix)] != prefix}


def unordered(value, path):
    """Return the value with the list at the path as a map from content to item."""
    if not path:
        return {json.dumps(item, sort_keys=True): item for item in value}
    if path[0] == "*":
        items = value.values() if isinstance(value, dict) else value
        return [unordered(item, path[1:]) for item in items]
    if path[0] not in value:
        return value
    return {**value, path[0]: unordered(value[path[0]], path[1:])}


def rows_of(value, path=()):
    """Return a table from path to leaf; a list or an object has its kind as a leaf."""
    if isinstance(value, dict):
        parts, leaf = list(value.items()), "an object"
    elif isinstance(value, list):
        parts, leaf = list(enumerate(value)), "a list"
    else:
        return {path: leaf_of(value)}
    rows = {path: leaf}
    for key, part in parts:
        rows.update(rows_of(part, (*path, key)))
    return rows


def leaf_of(value):
    """Return a text that is equal exactly for values with the same meaning."""
    if isinstance(value, str) and value.startswith("e:AES:"):
        return "a ciphertext"
    if isinstance(value, float) and value % 1 == 0 and abs(value) < 2**53:
        value = int(value)
    return json.dumps(value)


def comparable(rows, ignored, defaults, tags=True):
    """Return the table as bytes, without the rows that the rules strike."""
    patterns = [pattern.split("/") for pattern in ignored.split()]
    remaining = {
        path: leaf
        for path, leaf in rows.items()
        if not any(begins(path, pattern) for pattern in patterns)
    }
    for name, default in defaults.items():
        prefix = tuple(name.split("/"))
        if table(remaining, prefix) == rows_of(default, prefix):
            remaining = strike(remaining, prefix)
    listed = [[list(path), leaf] for path, leaf in remaining.items()]
    if tags:
        names = {leaf for path, leaf in remaining.items() if is_tag(path)}
        listed = [row for row in listed if row[0][:1] != ["tags"]]
        listed.append([["tags"], sorted(names)])
    return "\n".join(sorted(map(json.dumps, listed))).encode()


def is_tag(path):
    """Return whether a row is one of the object's tags."""
    return len(path) == 2 and path[0] == "tags"


def begins(path, pattern):
    """Return whether the beginning of a path matches the pattern."""
    return len(path) >= len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(path, pattern, strict=False)
    )
