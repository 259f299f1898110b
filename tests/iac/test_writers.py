"""Writers: each type is created, saved and deleted as DSS does it, and nothing else.

Through the real client, over the sandbox; the objects are those of real projects.
"""

from typing import Any

import pytest

from dataikuapi.iac.models.markers import holds_secret
from dataikuapi.iac.sandbox import sample_folder
from dataikuapi.iac.types import TYPES
from iac.conftest import REAL_PROJECTS
from iac.histories import files_in
from iac.real_shapes import SHAPES, shape_files
from iac.type_samples import object_files
from iac.writing import WRITERS, served, settled

CREATED = [name for name in WRITERS if not TYPES[name].writing.uncreatable]
DELETED = [name for name in WRITERS if not TYPES[name].writing.undeletable]

BY_DSS = {"id", "__dku_object_version__", "createdOn", "createdBy"}
"""What the attributes of some objects have, and DSS gives to each new one."""

OLDER = {"web_app": {"libraries", "listed", "owner"}, "managed_folder": {"path"}}
"""What objects have that an older DSS made, and no new one has."""

MOST = 6
"""Objects of a type in a project that are tried."""

EDITS: dict[str, dict[str, Any]] = {
    "project": {"shortDesc": "Edited"},
    "variables": {"standard": {"edited": 1}},
    "tag_palette": {"tags": {"edited": {"color": "#123456"}}},
    "library_file": {"text": "edited\n"},
    "wiki": {"homeArticleId": None},
    "notebook": {"cells": []},
    "app_manifest": {"label": "Edited"},
    "recipe": {"customFields": {"edited": "1"}},
}
"""What is edited of each type; the tags of all others."""

SERVED = ["sample", "shapes-0", "shapes-3", "small-demofolder", "customer-value"]


def names_in(files, kind):
    """Return the names of the objects of a type that files hold."""
    layout = TYPES[kind].layout
    assert layout is not None, "every type in projects has files"
    return layout.names(files)


@pytest.fixture(scope="module", params=SERVED)
def files(request):
    """The files of a project with objects of many types."""
    if request.param == "sample":
        return files_in(sample_folder())
    if not SHAPES.exists():
        pytest.skip(f"no real projects at {REAL_PROJECTS}")
    if request.param.startswith("shapes"):
        shapes = shape_files(int(request.param[-1]))
        others = [name for name in CREATED if not names_in(shapes, name)]
        added = [object_files(name) for name in others if name != "recipe"]
        return {**shapes, **dict(item for each in added for item in each.items())}
    return files_in(REAL_PROJECTS / request.param)


@pytest.fixture
def written(files, serve):
    """The project in the sandbox."""
    with served(serve, files) as project:
        yield project


def edited(kind, attributes):
    """Return attributes with an edit."""
    return {**attributes, **EDITS.get(kind, {"tags": ["edited"]})}


def test_all_types_have_a_writer_but_for_those_that_are_only_read():
    only_read = {kind.name for kind in TYPES.values() if kind.is_on_instance}
    assert TYPES.keys() - WRITERS.keys() == {*only_read, "ml_task"}


@pytest.mark.parametrize("files", ["shapes-0"], indirect=True)
def test_there_is_an_object_of_each_type(written):
    """A type without one would pass every test; recipes are in the others."""
    assert [kind for kind in WRITERS if not written.names(kind)] == ["recipe"]


def creatable(kind, attributes):
    """Return what of real attributes is for a new object; some names are hidden."""
    dropped = BY_DSS | OLDER.get(kind, set())
    return {
        key: item
        for key, item in attributes.items()
        if key not in dropped and not key.startswith("key_")
    }


@pytest.mark.parametrize("kind", CREATED)
def test_created_objects_are_what_was_wanted(written, kind):
    """Of the attributes of a real object, DSS makes one with the same attributes."""
    for number, name in enumerate(written.names(kind)[:MOST]):
        attributes = written.attributes(kind, name)
        if holds_secret(attributes) or attributes.keys() & {"sha256", "links"}:
            continue
        wanted = creatable(kind, attributes)
        made = written.create(kind, f"new_{number}", wanted)
        assert made not in ("", name)
        expected = {**wanted, **written.given(kind, made)}
        found = written.attributes(kind, made)
        if "activeVersion" not in wanted:  # A new agent has one in any case.
            found.pop("activeVersion", None)
        assert found == expected


@pytest.mark.parametrize("kind", WRITERS)
def test_saved_objects_are_what_was_wanted_and_nothing_else_moves(written, kind):
    """Bookkeeping apart, the documents are those that were sent."""
    for name in written.names(kind)[:MOST]:
        before = written.attributes(kind, name)
        if before.keys() & {"sha256", "links"}:
            continue
        wanted = edited(kind, before)
        sent = written.save(kind, name, wanted)
        assert written.attributes(kind, name) == wanted
        expected, found = (
            settled(each) for each in (sent, written.documents(kind, name))
        )
        for part, document in expected.items():
            if isinstance(document, dict):  # DSS adds what all objects have.
                found[part] = {key: found[part][key] for key in document}
            assert found[part] == document


@pytest.mark.parametrize("kind", DELETED)
def test_deleted_objects_are_gone(written, kind):
    for name in written.names(kind)[:MOST]:
        if name == "default" or name not in written.names(kind):
            continue
        written.delete(kind, name)
        assert name not in written.names(kind)
