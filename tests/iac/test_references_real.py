"""References in real projects: all lead to objects, and nothing else names any."""

import re

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.analysis.dangling import dangling_references
from dataikuapi.iac.models.changes import pointer_token
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.lookup import references_of

NAMES = [kind.name for kind in TYPES.values() if not kind.is_on_instance]

LEFT_OUT = {"dashboard"}
"""Types of which no objects are in the real projects at hand, but references are."""

NAMED = {
    *("dataset", "managed_folder", "saved_model", "agent", "rag_model"),
    *("knowledge_bank", "evaluation_store", "web_app", "insight", "dashboard"),
}
"""Types whose names and ids are looked for."""

_SHOWN = "/permissions/dashboardAuthorizations/authorizations/#/objectRef/objectId"
_CHANCE = "a word that is the name of a dataset by chance"
_PLUGIN = "parameters of a plugin, which may be anything"
NO_REFERENCES = {
    f"project {_SHOWN}": "DSS keeps it when the object is deleted: in 2 of 6 projects",
    "recipe /payload/virtualInputs/#/originLabel": "a label, of an input by number",
    "recipe /inputs/*/items/#/deps/#/out": "an output, which the outputs refer to",
    "dataset /metrics/probes/#/configuration/config/ds_ref": _PLUGIN,
    "dataset /metricsChecks/checks/#/config/ds_ref": _PLUGIN,
    "dataset /params/table": "of a table, which may be named as its dataset",
    "dataset /tags/#": _CHANCE,
    "recipe /payload/outputColumnNameOverrides/customer_id_distinct": _CHANCE,
    "recipe /payload/postFilter/uiData/conditions/#/input": _CHANCE,
    "recipe /type": _CHANCE,
}
"""Where a whole text may be the name of an object without referring to it, and why."""


@pytest.fixture
def state(project_folder, serve, tmp_path):
    """All of a project, read from the sandbox."""
    store = ProjectStore()
    key = store.load_folder(project_folder)
    with serve(store) as server:
        backend = LocalFileBackend(tmp_path / "dev.state.json")
        client = DSSClient(server.url, server.api_key)
        return StateManager(backend, client, "dev", types=NAMES).sync_project(key)


def test_references_lead_to_objects(state):
    """DSS does not check them, and has dangling ones; these projects have none."""
    missing = {
        (item.resource_id, item.pointer, item.target_id)
        for item in dangling_references(state)
        if item.target_id.partition(".")[0] not in LEFT_OUT
    }
    assert missing == set()


def test_names_of_objects_are_references(state):
    """What is not one has a reason."""
    names = {
        item.resource_name
        for item in state.list_resources()
        if item.resource_type in NAMED
    }
    found = {
        place(resource, pointer): (resource.resource_id, text)
        for resource in state.list_resources()
        for pointer, text in unreferenced_texts(resource)
        if text.removeprefix(f"{resource.project_key}.") in names
    }
    assert found.keys() <= NO_REFERENCES.keys(), found


def unreferenced_texts(resource):
    """Yield each text that is neither a reference nor a name, with its pointer."""
    known = {item.pointer for item in references_of(resource)}
    for pointer, text in texts_in(resource.attributes):
        if pointer not in known and pointer != "/id" and not pointer.endswith("/name"):
            yield pointer, text


def place(resource, pointer):
    """Return where a text is, whichever item of a list or port of a recipe it is in."""
    pointer = re.sub(r"/\d+(?=/|$)", "/#", pointer)
    pointer = re.sub(r"^/(inputs|outputs)/[^/]+/", r"/\1/*/", pointer)
    return f"{resource.resource_type} {pointer}"


def texts_in(value, pointer=""):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts_in(item, f"{pointer}/{pointer_token(name)}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from texts_in(item, f"{pointer}/{position}")
    elif isinstance(value, str):
        yield pointer, value
