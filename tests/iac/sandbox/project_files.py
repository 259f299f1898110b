"""The files of a small project, as DSS commits them to git."""

import json

NOW = 1_750_000_000_000
SECRET = "e:AES:c2VjcmV0"


def tag(number, login="ann", when=1000):
    return {
        "versionNumber": number,
        "lastModifiedBy": {"login": login},
        "lastModifiedOn": when,
    }


def as_files(documents):
    return {
        path: content if isinstance(content, bytes) else json.dumps(content).encode()
        for path, content in documents.items()
    }


# What DSS commits to git for a small project; `orders` has a version tag, as older DSS
# wrote it, `clients` has none.
DATASET = {
    "type": "S3",
    "managed": True,
    "checklists": {"checklists": []},
    "flowOptions": {"rebuildBehavior": "NORMAL"},
    "partitioning": {"dimensions": []},
    "tags": ["b", "a", "c"],
    "params": {"connection": "s3", "password": SECRET},
    "schema": {"columns": [{"name": "注文", "type": "bigint"}]},
    "metrics": {"probes": []},
    "creationTag": tag(0),
}
RECIPE = {
    "type": "shaker",
    "neverRecomputeExistingPartitions": False,
    "customMeta": {"kv": {}},
    "redispatchPartitioning": False,
    "maxRunningActivities": 0,
    "inputs": {"main": {"items": [{"ref": "orders", "deps": []}]}},
    "outputs": {"main": {"items": [{"ref": "clients", "appendMode": False}]}},
    "params": {"engineParams": {}},
    "tags": [],
    "customFields": {},
    "checklists": {"checklists": []},
    "creationTag": tag(0),
}
FILES = as_files(
    {
        "params.json": {
            "name": "Le Projet",
            "owner": "ann",
            "projectStatus": "Sandbox",
            "shortDesc": "short",
            "description": "long",
            "tags": ["z", "y"],
            "settings": {"gitCommitMode": "EXPLICIT", "token": SECRET},
            "creationTag": tag(0),
        },
        "variables.json": {"year": 1995},
        "localvariables.json": {"host": "here"},
        "datasets/orders.json": {**DATASET, "versionTag": tag(7), "vendorExtra": 1},
        "datasets/clients.json": DATASET,
        "datasets/other.json": DATASET,
        "recipes/prepare.json": RECIPE,
        "recipes/prepare.shaker": b'{\n  "steps": []\n}',
        "recipes/sync it.json": {**RECIPE, "type": "sync", "inputs": {}},
        "recipes/sync it.sync": b"",
        "recipes/a.b's.json": {**RECIPE, "type": "r", "inputs": {}, "outputs": {}},
        "recipes/a.b's.sql": b"left behind",
        "zones/default.json": {"id": "default"},
    }
)
