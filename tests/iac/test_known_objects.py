"""Objects that are as pull wrote them, whose files need not be parsed."""

import copy
import hashlib
import json
import pickle
from dataclasses import replace

import pytest

from dataikuapi.iac import DiffEngine, Resource, SourceError
from dataikuapi.iac.sandbox import sample_folder
from dataikuapi.iac.sources import open_files, pull_project
from dataikuapi.iac.types.building import CANONICAL_FORM

KEY = "ORDERS_DEMO"
DATASET = f"dataset.{KEY}.orders"
RECIPE = f"recipe.{KEY}.compute_orders_enriched"
CHECKSUMS = "a30ff4f22446e316"


MARKER = ".dataiku-iac.json"


def read(folder):
    """Read a folder."""
    return open_files(str(folder), project_key=KEY).read()


def read_without_marker(folder):
    """Read a folder without what pull noted."""
    source = open_files(str(folder), project_key=KEY)
    return replace(source, marker=None).read()


@pytest.fixture
def folder(tmp_path):
    """The sample project as pull writes it."""
    pull_project(open_files(str(sample_folder()), project_key=KEY).read(), tmp_path)
    return tmp_path


def unread(state):
    """Return the ids of the objects whose files nobody has parsed."""
    return {item.resource_id for item in state if type(item) is not Resource}


def edited(folder, path, old, new):
    file = folder / path
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def changed(before, after):
    return {
        diff.resource_id
        for diff in DiffEngine().diff(before, after)
        if diff.has_changed
    }


def test_what_pull_wrote_is_not_parsed_before_somebody_looks(folder):
    state = read(folder)
    named = {item.resource_id for item in state if item.resource_name}
    assert unread(state) == named
    assert state[DATASET].attributes["type"]
    assert unread(state) == named - {DATASET}


def test_it_is_the_same_as_what_is_parsed(folder):
    """Ids, checksums, attributes, copies, and equality in both directions."""
    known, parsed = read(folder), read_without_marker(folder)
    assert unread(known)
    assert not unread(parsed)
    assert list(known.resources) == list(parsed.resources)
    for ours, theirs in zip(known, parsed, strict=True):
        assert ours.metadata.checksum == theirs.metadata.checksum
        assert ours.metadata.dataiku_internal_id == theirs.metadata.dataiku_internal_id
    for ours, theirs in zip(known, parsed, strict=True):
        assert ours.attributes == theirs.attributes
    assert changed(read(folder), parsed) == set()


def test_it_is_as_it_was_when_it_was_read(folder):
    """Whatever happens to the files before somebody looks."""
    expected = read(folder)[RECIPE].attributes["payload"]
    state = read(folder)
    (folder / "recipes" / "compute_orders_enriched.py").unlink()
    assert state[RECIPE].attributes["payload"] == expected


def test_copies_and_pickles_are_ordinary(folder):
    for duplicate in (
        copy.copy,
        copy.deepcopy,
        lambda x: pickle.loads(pickle.dumps(x)),
    ):
        known = read(folder)[DATASET]
        other = duplicate(known)
        assert type(other) is Resource
        assert other == known
        fresh = read(folder)[DATASET]
        fresh.metadata = other.metadata
        assert other == fresh


EDITS = {
    "document": (DATASET, "datasets/orders.json", '"managed"', '"x": 1, "managed"'),
    "payload": (RECIPE, "recipes/compute_orders_enriched.py", "import", "# x\nimport"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_shows(folder, name):
    before = read(folder)
    rid, path, old, new = EDITS[name]
    edited(folder, path, old, new)
    after = read(folder)
    assert rid not in unread(after)
    assert changed(before, after) == {rid}


def test_file_that_somebody_adds_to_an_object_shows(folder):
    """Pull did not write it, so nothing is known of the object."""
    before = read(folder)
    (web_app,) = (item for item in before if item.resource_type == "web_app")
    name = web_app.resource_name
    (folder / "web_apps" / name / "ui.R").write_text("new")
    assert changed(before, read(folder)) == {web_app.resource_id}


def test_file_that_somebody_removes_from_an_object_shows(folder):
    before = read(folder)
    (folder / "recipes" / "compute_orders_enriched.py").unlink()
    assert changed(before, read(folder)) == {RECIPE}


def test_local_variables_show(folder):
    (folder / "localvariables.json").write_text('{"a": 1}')
    assert read(folder)[f"variables.{KEY}"].attributes["local"] == {"a": 1}


def test_stray_payload_is_told(folder, caplog):
    (folder / "recipes" / "compute_orders_enriched.join").write_text("{}")
    assert RECIPE not in unread(read(folder))
    assert "compute_orders_enriched.join is not read" in caplog.text


def test_unrelated_file_changes_nothing(folder):
    known = unread(read(folder))
    (folder / "README.md").write_text("# Orders")
    assert unread(read(folder)) == known


def noted(folder, change):
    path = folder / MARKER
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


def test_checksums_by_other_rules_are_not_used(folder):
    noted(folder, lambda document: document.update(canonical_form=CANONICAL_FORM + 1))
    assert unread(read(folder)) == set()


def test_checksums_of_another_project_are_not_used(folder):
    noted(folder, lambda document: document.update(project_key="OTHER"))
    assert unread(read(folder)) == set()


def test_wrong_checksum_is_an_error_that_says_what_to_do(folder):
    def forge(document):
        document["objects"][DATASET]["checksum"] = "0" * 64

    noted(folder, forge)
    state = read(folder)
    with pytest.raises(SourceError, match=f"{DATASET} .*pull again, or remove"):
        state[DATASET].attributes


def test_damaged_entry_is_an_error_that_says_what_to_do(folder):
    noted(folder, lambda document: document.update(objects={DATASET: ["x"]}))
    with pytest.raises(SourceError, match="objects in .* pull again, or remove"):
        read(folder)


def test_second_pull_leaves_what_is_known(folder):
    state = read(folder)
    before = (folder / MARKER).read_bytes()
    pull_project(state, folder)
    assert (folder / MARKER).read_bytes() == before


def test_form_has_another_number_when_checksums_change():
    """Checksums that are noted in folders would be compared with others else.

    If rules for documents changed, raise CANONICAL_FORM and this digest; if only the
    sample project did, this digest.
    """
    state = open_files(str(sample_folder()), project_key=KEY).read()
    found = {item.resource_id: item.metadata.checksum for item in state}
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    assert (CANONICAL_FORM, digest[:16]) == (1, CHECKSUMS)
