"""Builds small flows: states with datasets and recipes as the library reads them."""

from copy import deepcopy

from dataikuapi.iac import DiffEngine, Resource, ResourceMetadata, State
from dataikuapi.iac.analysis import Analysis, ObjectFact
from dataikuapi.iac.models.times import parse_time

READ = parse_time("2026-01-01T00:00:00Z")


def dataset(name, *columns, connection="files", project="SHOP", **attributes):
    """Return a dataset with text columns."""
    return resource(
        "dataset",
        name,
        project,
        {
            "name": name,
            "type": "Filesystem",
            "params": {"connection": connection, "path": f"/{project}.{name}"},
            "schema": {"columns": [{"name": x, "type": "string"} for x in columns]},
            "tags": [],
            **attributes,
        },
    )


def recipe(name, inputs, outputs, project="SHOP", payload="", **attributes):
    """Return a recipe; inputs and outputs are names, with blanks in between."""
    return resource(
        "recipe",
        name,
        project,
        {
            "name": name,
            "type": "python",
            "inputs": {"main": {"items": ports(inputs)}},
            "outputs": {"main": {"items": ports(outputs)}},
            "payload": payload,
            **attributes,
        },
    )


def ports(names):
    return [{"ref": name, "deps": []} for name in names.split()]


def resource(kind, name, project, attributes):
    metadata = ResourceMetadata(READ, "robot")
    return Resource(kind, f"{kind}.{project}.{name}", attributes, metadata)


def state_of(*resources):
    """Return a state with copies of the resources."""
    state = State(environment="dev")
    for item in resources:
        state.add_resource(deepcopy(item))
    return state


def changed(item, **attributes):
    """Return a copy of a resource with other attributes."""
    return Resource(
        item.resource_type,
        item.resource_id,
        {**deepcopy(item.attributes), **attributes},
        ResourceMetadata(READ, "robot"),
    )


def with_columns(item, *columns):
    """Return a copy of a dataset with other columns."""
    return changed(
        item, schema={"columns": [{"name": x, "type": "string"} for x in columns]}
    )


def diff(old, new, **options):
    """Compare two lists of resources."""
    return DiffEngine(**options).diff(state_of(*old), state_of(*new))


# raw -> prepare -> clean -> report -> top
RAW = dataset("raw", "id", "amount")
PREPARE = recipe("prepare", "raw", "clean", payload="a\nb\n")
CLEAN = dataset("clean", "id", "amount")
REPORT = recipe("report", "clean", "top", payload="c\nd\n")
TOP = dataset("top", "id")
FLOW = [RAW, PREPARE, CLEAN, REPORT, TOP]


def object_facts(analysis: Analysis) -> list[ObjectFact]:
    """Return the facts, each of which has to be about one object."""
    found = [fact for fact in analysis.facts if isinstance(fact, ObjectFact)]
    assert len(found) == len(analysis.facts)
    return found
