"""Real documents of every type, with odd names and values: state, files, state."""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.models import ResourceId, State
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sandbox import sample_folder
from dataikuapi.iac.sources.contents import Contents
from dataikuapi.iac.sources.project_files import read_project_files
from dataikuapi.iac.sources.pull_plan import plan_pull
from dataikuapi.iac.types import TYPES, resource_from
from iac.claims import FILES
from iac.histories import files_in
from iac.kind_files import LAB, kind_files
from iac.pulling import KEY, checksums
from iac.strategies import JSON_VALUES
from iac.type_samples import object_files

SOURCES = [
    files_in(sample_folder()),
    FILES,
    LAB,
    kind_files(),
]
IN_PROJECTS = {name: kind for name, kind in TYPES.items() if not kind.is_on_instance}

ODD_TEXTS = [
    *(
        "",
        " ",
        "0",
        "null",
        "é",
        "e\u0301",
        "日本語",
        "\u200d",
        "\ufeff",
        "\x00",
        "\x7f",
    ),
    *("a\r\nb", "\r", "\n\n", '"', "'", "\\", "\\u0041", "</script>", "=1+1", "${x}"),
    *(
        "~",
        "/",
        "a/b",
        "a~1b",
        "a.b",
        "*",
        "[0]",
        "$",
        "$$hashKey",
        "#",
        "%2F",
        "x" * 999,
    ),
]
ODD_NAMES = [
    *(
        "Ünïcödé",
        "日本語",
        "e\u0301",
        'it\'s "so"',
        "a.b.c",
        " a",
        "a b",
        "%41",
        "a%2Fb",
    ),
    *("#1?", "[x]", "*", "~", "-", "{}", "$x", "json", "x.json", "params", "default"),
    *("x" * 200, "X" * 249, "null", "0", "a,b;c", "ſ", "İ", "ß"),
]
KEPT = set("""
    type savedModelType cells nbformat projectKey id name homeArticleId taxonomy
    """.split())
"""What says which type an object is, and whose it is; DSS has it always."""

EDITED = {"variables": ("standard", "local"), "library_file": ("links",)}
"""Where other members than these cannot be anything, as DSS has no others."""


def found_in(files):
    """Yield type, name and documents of the objects in files."""
    for kind in IN_PROJECTS.values():
        layout = kind.layout
        assert layout is not None, "every type in projects has files"
        for name in layout.names(files)[:3]:
            if layout.covers(files.keys()):
                yield kind, name, layout.documents(files, KEY, name)


BASES = [base for files in SOURCES for base in found_in(files)]
FOUND = {kind.name for kind, _, _ in BASES}
for rare in IN_PROJECTS.keys() - FOUND:
    BASES += [base for base in found_in(object_files(rare)) if base[0].name == rare]
BY_TYPE = {
    name: [base for base in BASES if base[0] is kind]
    for name, kind in IN_PROJECTS.items()
}
TEXTS = st.sampled_from(ODD_TEXTS)
EMPTY = st.sampled_from(["{}", "[]", "[[]]", '{"": {}}', "-0.0"]).map(json.loads)
VALUES = TEXTS | JSON_VALUES | EMPTY


def containers(value):
    """Return all objects and lists in a value, itself included.

    Not those in the tree of a wiki: in its file, ids are numbers.
    """
    if isinstance(value, dict):
        inner = [item for key, item in value.items() if key != "taxonomy"]
    elif isinstance(value, list):
        inner = value
    else:
        return []
    return [value, *(each for item in inner for each in containers(item))]


def edit(draw, document):
    """Put something odd anywhere into a document, or take something out of it."""
    place = draw(st.sampled_from(containers(document)))
    if isinstance(place, list):
        place.insert(draw(st.integers(0, len(place))), draw(VALUES))
        return
    free = sorted(place.keys() - KEPT)
    if free and draw(st.booleans()):
        name = draw(st.sampled_from(free))
        if draw(st.booleans()):
            del place[name]
        elif type(place[name]) in (str, int, float, bool):
            place[name] = draw(VALUES)
        else:
            place[name] = type(place[name])() if place[name] is not None else ""
    else:
        place[draw(TEXTS | st.text(max_size=5))] = draw(VALUES)


def renamed(documents, old, new):
    """Return documents with another name or id, where they have it."""
    before, after = old.rpartition("/")[2], new.rpartition("/")[2]
    for place in containers(documents):
        for key in ("id", "name"):
            if isinstance(place, dict) and place.get(key) == before:
                place[key] = after
    return documents


@st.composite
def objects(draw, bases):
    """Draw type, name and documents."""
    kind, name, documents = draw(st.sampled_from(bases))
    documents = copy.deepcopy(documents)
    edits = 0 if "text" in documents[kind.main] else draw(st.integers(0, 4))
    for _ in range(edits):
        main = documents[kind.main]
        parts = [main[key] for key in EDITED.get(kind.name, ()) if key in main]
        edit(draw, draw(st.sampled_from(parts)) if parts else main)
    if name and "links" not in documents[kind.main]:  # That file has one name.
        parts = [draw(st.sampled_from(ODD_NAMES)) for _ in name.split("/")]
        new = "/".join(parts) if draw(st.booleans()) else name
        documents, name = renamed(documents, name, new), new
    return kind, name, documents


def state_of(kind, name, documents):
    """Return a state that has the object, and the project it is in."""
    resources: dict[str, Any] = {}
    if kind.name != "project":
        base = BY_TYPE["project"][0]
        resources[f"project.{KEY}"] = resource_from(
            base[0], ResourceId("project", KEY), base[2]
        )
    rid = ResourceId(kind.name, KEY, name)
    resources[str(rid)] = resource_from(kind, rid, documents)
    scope = Scope.from_parts([(KEY, "project"), (KEY, kind.name)], utc_now())
    return State(resources=resources, scope=scope)


def test_there_are_documents_of_every_type():
    assert [name for name, bases in BY_TYPE.items() if not bases] == []


@pytest.mark.parametrize("type_name", IN_PROJECTS)
@settings(max_examples=25)
@given(st.data())
def test_files_hold_the_whole_object(type_name, data):
    kind, name, documents = data.draw(objects(BY_TYPE[type_name]))
    try:
        state = state_of(kind, name, documents)
    except (ValueError, DataikuIaCError):  # Nothing that a state can hold.
        return
    try:
        plan = plan_pull(state, KEY, Contents({}), with_local_files=True)
    except DataikuIaCError as error:
        if not re.search("cannot have a file", str(error)):
            raise
        return
    files = {**plan.writes, ".dataiku-iac.json": plan.after.to_bytes()}
    read = read_project_files(files, KEY, utc_now(), marker=plan.after)
    for rid in state.resources:
        assert read[rid].attributes == state[rid].attributes
    assert checksums(read) == checksums(state)
    again = plan_pull(state, KEY, Contents(files, plan.after), with_local_files=True)
    assert (again.writes, again.removals) == ({}, ())
