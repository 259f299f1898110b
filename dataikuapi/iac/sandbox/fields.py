"""Which fields each kind of document has, and what they are by default.

DSS drops a top-level field that it does not know and still answers 200, so the sandbox
has to know what DSS knows. The names come from the API's documentation and from the
files of some eighty public projects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

_BOOKKEEPING = frozenset({"projectKey", "name", "versionTag", "creationTag"})


@dataclass(frozen=True)
class Kind:
    """The fields of one kind of object.

    Args:
        label: what messages call it.
        always: the fields that every object of this kind has, with their defaults; a
            document saved without one of them gets it back.
        fresh: further fields of an object that is newly created.
        optional: fields that an object may have.
    """

    label: str
    always: Mapping[str, Any]
    fresh: Mapping[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        """The top-level fields that survive a save."""
        return _BOOKKEEPING.union(self.optional, self.always, self.fresh)


_CHECKLISTS: Document = {"checklists": []}

DATASET = Kind(
    label="dataset",
    always={
        "type": "Filesystem",
        "managed": False,
        "checklists": _CHECKLISTS,
        "flowOptions": {
            "virtualizable": False,
            "rebuildBehavior": "NORMAL",
            "crossProjectBuildBehavior": "DEFAULT",
            "ignoreErrorStatusOnBuild": False,
        },
        "partitioning": {
            "ignoreNonMatchingFile": False,
            "considerMissingRequestedPartitionsAsEmpty": False,
            "dimensions": [],
        },
        "tags": [],
        "params": {},
        "schema": {"columns": [], "userModified": False},
        "metrics": {
            "probes": [],
            "engineConfig": {},
            "displayedState": {"partition": "ALL", "columns": [], "metrics": []},
        },
    },
    fresh={
        "featureGroup": False,
        "typeSystemVersion": "V2",
        "checks": [],
        "customMeta": {"kv": {}},
        "customFields": {},
        "dkuProperties": [],
        "metricsChecks": {
            "monitor": False,
            "checks": [],
            "displayedState": {"checks": []},
        },
        "readWriteOptions": {
            "preserveOrder": False,
            "writeBuckets": 1,
            "forceSingleOutputFile": False,
            "defaultReadOrdering": {"enabled": False, "rules": []},
        },
    },
    optional=frozenset(
        {
            "smartName",
            "formatType",
            "formatParams",
            "shortDesc",
            "description",
            "remoteFiles",
            "dataSteward",
        }
    ),
)

RECIPE = Kind(
    label="recipe",
    always={
        "type": "",
        "neverRecomputeExistingPartitions": False,
        "customMeta": {"kv": {}},
        "redispatchPartitioning": False,
        "maxRunningActivities": 0,
        "inputs": {},
        "outputs": {},
        "tags": [],
        "customFields": {},
        "checklists": _CHECKLISTS,
    },
    fresh={
        "params": {},
        "hashPropagationBehavior": "INHERIT",
        "variables": {},
        "dkuProperties": [],
        "labels": [],
    },
    optional=frozenset({"optionalDependencies", "shortDesc", "description"}),
)

# GET recipes/ carries these and nothing else: neither params nor payload. Older recipes
# have no hashPropagationBehavior on disk.
RECIPE_LIST_ITEM: Mapping[str, Any] = {
    "projectKey": None,
    "name": None,
    "type": None,
    "inputs": None,
    "outputs": None,
    "tags": None,
    "neverRecomputeExistingPartitions": False,
    "redispatchPartitioning": False,
    "maxRunningActivities": 0,
    "hashPropagationBehavior": "INHERIT",
    "versionTag": None,
    "creationTag": None,
}

# `params.json` of a project, as DSS writes it for a new one.
PROJECT: Mapping[str, Any] = {
    "projectType": "REGULAR",
    "projectAppType": "REGULAR",
    "permissionsVersion": "V2",
    "tutorialProject": False,
    "permissions": [],
    "dashboardAuthorizations": {"allAuthorized": False, "authorizations": []},
    "additionalDashboardUsers": {"users": []},
    "exposedObjects": {"objects": []},
    "settings": {
        "flowAnchorSourcesAndSinks": True,
        "gitCommitMode": "AUTO",
        "useRemoteGit": False,
        "disableAutomaticTriggers": False,
        "integrations": {"integrations": []},
        "codeEnvs": {
            "python": {"mode": "INHERIT", "preventOverride": False},
            "r": {"mode": "INHERIT", "preventOverride": False},
        },
        "container": {"containerMode": "INHERIT"},
        "cluster": {"clusterMode": "INHERIT"},
        "k8sCluster": {"clusterMode": "INHERIT"},
        "dkuProperties": [],
    },
    "shortDesc": "",
    "tags": [],
    "customFields": {},
    "checklists": _CHECKLISTS,
}

# Metadata that a PUT without them resets. Not `label`: a project keeps its name.
METADATA: Mapping[str, Any] = {
    "shortDesc": "",
    "tags": [],
    "customFields": {},
    "checklists": _CHECKLISTS,
}

PERMISSIONS = (
    "owner",
    "permissions",
    "dashboardAuthorizations",
    "additionalDashboardUsers",
)

# The extension of a payload file is the recipe's type, except in these families.
_EXTENSIONS: Mapping[str, str] = {
    "python": "py",
    "cpython": "py",
    "pyspark": "py",
    "r": "r",
    "sparkr": "r",
    "sql_query": "sql",
    "sql_script": "sql",
    "spark_sql_query": "sql",
}

CODE_RECIPES = frozenset(_EXTENSIONS) | {
    "hive",
    "impala",
    "julia",
    "shell",
    "spark_scala",
}

# DSS keeps an empty payload for these: all there is to say is in the recipe's params.
PAYLOADLESS_RECIPES = frozenset(
    {"sync", "export", "download", "merge_folder", "list_folder_contents"}
)

# Created without `virtualInputs`, these come out with inputs {} and an empty payload.
VIRTUAL_INPUT_RECIPES = frozenset({"join", "vstack", "geojoin", "generate_features"})


def payload_extension(recipe_type: str) -> str:
    """Return the extension, without its dot, of such a recipe's payload file."""
    return _EXTENSIONS.get(recipe_type, recipe_type)
