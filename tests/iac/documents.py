"""Documents of DSS for the tests of types, and what is made of them."""

import json

from dataikuapi.iac.models import Resource
from dataikuapi.iac.types.registry import DATASET, PROJECT, RECIPE
from dataikuapi.iac.types.secrets import redact_constant

TAG = {
    "versionNumber": 3,
    "lastModifiedBy": {"login": "bob"},
    "lastModifiedOn": 1767268800250,
}


def nested(path, value):
    """Return a document that has the value at the dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def checksum(attributes):
    """Return what decides whether two sets of attributes are the same."""
    return Resource("x", "x.P.a", attributes).compute_checksum()


def dataset_attributes(document):
    """Return the attributes of a dataset."""
    return DATASET.attributes({"document": document}, redact_constant)


def recipe_attributes(document, payload):
    """Return the attributes of a recipe."""
    documents = {"document": document, "payload": payload}
    return RECIPE.attributes(documents, redact_constant)


def project(metadata=None, settings=None, permissions=None, **summary):
    """Return the attributes of a project of the key SHOP."""
    documents = {
        "summary": {"projectKey": "SHOP", **summary},
        "metadata": metadata or {},
        "settings": settings or {},
    }
    if permissions is not None:
        documents["permissions"] = permissions
    return PROJECT.attributes(documents, redact_constant)


def visual(payload, recipe_type="join"):
    """Return the payload attribute of a visual recipe."""
    document = {"type": recipe_type}
    return recipe_attributes(document, json.dumps(payload))["payload"]
