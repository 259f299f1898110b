"""Writers: each type is created, saved and deleted as DSS does it, and nothing else.

Through the real client, over the sandbox; the objects are those of real projects.
"""

from typing import Any

import pytest

from dataikuapi.iac.types import TYPES
from iac.conftest import REAL_PROJECTS
from iac.histories import files_in
from iac.real_shapes import SHAPES, shape_files
from iac.writing import WRITERS, has_secret, served, settled

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

SERVED = ["shapes-0", "shapes-3", "small-demofolder", "customer-value"]


@pytest.fixture(scope="module", params=SERVED)
def files(request):
    """The files of a project with objects of many types."""
    if not SHAPES.exists():
        pytest.skip(f"no real projects at {REAL_PROJECTS}")
    if request.param.startswith("shapes"):
        return shape_files(int(request.param[-1]))
    return files_in(REAL_PROJECTS / request.param)


@pytest.fixture
def written(files, serve):
    """The project in the sandbox."""
    with served(serve, files) as project:
        yield project


def edited(kind, attributes):
    """Return attributes with an edit."""
    return {**attributes, **EDITS.get(kind, {"tags": ["edited"]})}


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
        if has_secret(attributes) or attributes.keys() & {"sha256", "links"}:
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
            # DSS drops nulls, and adds what all objects have.
            assert found[part] == document or without_nulls(document) == {
                key: found[part][key] for key in without_nulls(document)
            }


def without_nulls(document):
    return {key: item for key, item in document.items() if item is not None}


@pytest.mark.parametrize("kind", DELETED)
def test_deleted_objects_are_gone(written, kind):
    for name in written.names(kind)[:MOST]:
        if name == "default" or name not in written.names(kind):
            continue
        written.delete(kind, name)
        assert name not in written.names(kind)
