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
    analysisColumnData globalSearchQuery origin
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
}
RECIPE_DEFAULTS = {
    "labels": [],
    "variables": {},
    "dkuProperties": [],
    "customFields": {},
    "hashPropagationBehavior": "INHERIT",
    "params": {},
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
    comparable_document = comparable(rows_of(document), COMMON_NOISE, RECIPE_DEFAULTS)
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
    return comparable(rows, ui_state, {}, tags=False)


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
        below = {
            path: remaining[path] for path in remaining if path[: len(prefix)] == prefix
        }
        if below == rows_of(default, prefix):
            remaining = {
                path: remaining[path] for path in remaining if path not in below
            }
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
