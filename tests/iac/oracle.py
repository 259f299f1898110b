"""What counts as changed, told from a project's files alone.

A second opinion on the library, so it imports nothing of it and works another way: a
document is flattened to a table from path to leaf, and rules strike rows out of it.
Where the rules come from are the facts on DSS (what churns, what to ignore), and not
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

# A star is any one part of a path, such as the index in a list.
NEVER_CONFIGURATION = """
    versionTag creationTag smartName
    checklists/checklists/*/items/*/createdOn
    checklists/checklists/*/items/*/createdBy
    checklists/checklists/*/items/*/stateChangedOn
    """
OF_A_DATASET = """
    metrics/displayedState metricsChecks/displayedState checks/displayedState
    params/uploadBoxId schema/userModified
    """
OF_A_PREPARE_PAYLOAD = """
    columnWidthsByName columnUseScientificNotationByName columnOrder sorting coloring
    explorationSampling explorationFilters exploreUIParams vizSampling previewMode
    analysisColumnData globalSearchQuery origin
    """
BY_THE_FRONT_END = """
    $status $idx $selected $agg $withModalityMaxLength $latestOperator $filterOptions
    $showList $$hashKey _refreshTrigger __justDragDropped
    """.split()
COLUMN_MAPS = "outputColumnNameOverrides columnWidthsByName per_feature".split()

# Absent and at its default are one.
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
OF_A_PROJECT = """
    name shortDesc description tags checklists customFields projectStatus settings
    exposedObjects permissions owner dashboardAuthorizations additionalDashboardUsers
    """.split()


def objects(project_key, files):
    """Return what is comparable of each object, by resource id.

    Args:
        project_key: the key.
        files: contents by path, in the layout in which DSS commits a project.
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
    """Return sign and id of each object that differs between two such tables."""
    return sorted(
        f"{'~' if name in old and name in new else '-+'[name in new]} {name}"
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    )


def payload_path(name, content):
    """Return where the payload of a recipe is; other files of that name are old."""
    recipe_type = json.loads(content)["type"]
    return f"recipes/{name}.{EXTENSION_OF.get(recipe_type, recipe_type)}"


@lru_cache(maxsize=10_000)
def of_project(content):
    """Return what is comparable of ``params.json``, as far as the API offers it."""
    params = json.loads(content)
    rows = rows_of({key: params[key] for key in OF_A_PROJECT if key in params})
    return compared(rows, NEVER_CONFIGURATION, PROJECT_DEFAULTS)


@lru_cache(maxsize=10_000)
def of_dataset(content):
    """Return what is comparable of a dataset."""
    rows = rows_of(json.loads(content))
    return compared(rows, NEVER_CONFIGURATION + OF_A_DATASET, DATASET_DEFAULTS)


@lru_cache(maxsize=10_000)
def of_recipe(content, payload):
    """Return what is comparable of a recipe and its payload."""
    document = json.loads(content)
    compared_document = compared(
        rows_of(document), NEVER_CONFIGURATION, RECIPE_DEFAULTS
    )
    return compared_document + b"\n" + of_payload(document["type"], payload)


def of_payload(recipe_type, payload):
    """Return the script, or what is comparable of a visual recipe's settings."""
    if recipe_type in SCRIPTS or not payload.strip():
        return payload
    rows = rows_of(json.loads(payload))
    for path in list(rows):
        if any(
            part in BY_THE_FRONT_END and above not in COLUMN_MAPS
            for above, part in zip((None, *path), path)
        ):
            del rows[path]
    screen = OF_A_PREPARE_PAYLOAD if recipe_type == "shaker" else ""
    return compared(rows, screen, {}, tags=False)


def rows_of(value, path=()):
    """Return a table from path to leaf; of a list or an object the leaf is its kind."""
    if isinstance(value, dict):
        parts, leaf = value.items(), "an object"
    elif isinstance(value, list):
        parts, leaf = enumerate(value), "a list"
    else:
        return {path: leaf_of(value)}
    rows = {path: leaf}
    for key, part in parts:
        rows.update(rows_of(part, (*path, key)))
    return rows


def leaf_of(value):
    """Return text that is the same for values which mean the same, and only then."""
    if isinstance(value, str) and value.startswith("e:AES:"):
        return "a ciphertext"
    if isinstance(value, float) and value % 1 == 0 and abs(value) < 2**53:
        value = int(value)
    return json.dumps(value)


def compared(rows, struck, defaults, tags=True):
    """Return the table as bytes, less what the rules strike out of it."""
    patterns = [pattern.split("/") for pattern in struck.split()]
    kept = {
        path: leaf
        for path, leaf in rows.items()
        if not any(begins(path, pattern) for pattern in patterns)
    }
    for name, default in defaults.items():
        prefix = tuple(name.split("/"))
        below = {path: kept[path] for path in kept if path[: len(prefix)] == prefix}
        if below == rows_of(default, prefix):
            kept = {path: kept[path] for path in kept if path not in below}
    listed = [[list(path), leaf] for path, leaf in kept.items()]
    if tags:
        names = {leaf for path, leaf in kept.items() if is_tag(path)}
        listed = [row for row in listed if row[0][:1] != ["tags"]]
        listed.append([["tags"], sorted(names)])
    return "\n".join(sorted(map(json.dumps, listed))).encode()


def is_tag(path):
    """Tell whether a row is one of the object's tags, wherever it is in the list."""
    return len(path) == 2 and path[0] == "tags"


def begins(path, pattern):
    """Tell whether the beginning of a path is what the pattern says."""
    return len(path) >= len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(path, pattern)
    )
