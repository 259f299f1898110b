"""Writers: each type is created, saved and deleted as DSS does it, and nothing else.

Through the real client, over the sandbox; the objects are those of real projects.
"""

import json
from typing import Any

import pytest

from dataikuapi.iac.sandbox import ProjectStore, sample_folder
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.rewriting import rewritten
from iac.conftest import REAL_PROJECTS
from iac.histories import files_in
from iac.real_shapes import SHAPES, shape_files
from iac.writing import KEY, WRITERS, Written, has_secret, settled

CREATED = [name for name in WRITERS if not TYPES[name].writing.uncreatable]
DELETED = [name for name in WRITERS if not TYPES[name].writing.undeletable]

BY_DSS = {"id", "__dku_object_version__"}
"""What the attributes of some objects have, and DSS gives to each new one."""

MOST = 6
"""Objects of a type in a project that are tried."""

EDITS: dict[str, dict[str, Any]] = {
    "project": {"shortDesc": "Edited"},
    "variables": {"standard": {"edited": 1}},
    "tag_palette": {"tags": {"edited": {"color": "#123456"}}},
    "library_file": {"text": "edited\n"},
    "wiki": {"homeArticleId": None},
    "notebook": {"cells": [{"cell_type": "markdown", "source": "# Edited"}]},
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
    store = ProjectStore()
    with serve(store) as server:
        yield Written(server, store, files)


def edited(kind, attributes):
    """Return attributes with an edit."""
    return {**attributes, **EDITS.get(kind, {"tags": ["edited"]})}


@pytest.mark.parametrize("kind", CREATED)
def test_created_objects_are_what_was_wanted(written, kind):
    """Of the attributes of a real object, DSS makes one with the same attributes."""
    for number, name in enumerate(written.names(kind)[:MOST]):
        attributes = written.attributes(kind, name)
        if has_secret(attributes) or attributes.keys() & {"sha256", "links"}:
            continue
        wanted = {key: item for key, item in attributes.items() if key not in BY_DSS}
        made = written.create(kind, f"new_{number}", wanted)
        assert made not in ("", name)
        expected = {**wanted, **written.given(kind, made)}
        assert written.attributes(kind, made) == expected


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
        assert settled(written.documents(kind, name)) == settled(sent)


@pytest.mark.parametrize("kind", DELETED)
def test_deleted_objects_are_gone(written, kind):
    for name in written.names(kind)[:MOST]:
        if name == "default" or name not in written.names(kind):
            continue
        written.delete(kind, name)
        assert name not in written.names(kind)


@pytest.fixture
def sample(serve):
    """The sample project in the sandbox."""
    store = ProjectStore()
    with serve(store) as server:
        yield Written(server, store, files_in(sample_folder()))


def changed(written, kind, name, /, **attributes):
    """Save an object with other attributes; return the requests."""
    before = written.attributes(kind, name)
    documents = written.documents(kind, name)
    new = rewritten(TYPES[kind], documents, before, {**before, **attributes})
    written.requests.forget()
    WRITERS[kind].save(written.project, name, documents, new)
    return written.requests.writes


class TestDatasets:
    """Whole documents, and data that stays."""

    def test_a_new_one_is_stored_at_once(self, sample):
        attributes = sample.attributes("dataset", "orders")
        sample.requests.forget()
        sample.create("dataset", "new orders/1", attributes)
        assert sample.requests.writes == ["POST datasets/"]

    def test_data_is_dropped_only_where_that_is_asked_for(self, sample):
        sample.requests.forget()
        sample.delete("dataset", "orders")
        sample.delete("dataset", "customers", drop_data=True)
        assert sample.requests.writes == [
            "DELETE datasets/orders",
            "DELETE datasets/customers?dropData=true",
        ]

    def test_secrets_screen_state_and_unknown_fields_stay(self, sample):
        document = sample.documents("dataset", "orders")["document"]
        hidden = {
            "metrics": {**document["metrics"], "displayedState": {"metrics": ["x"]}},
            "params": {**document["params"], "password": "e:AES:3f", "new": [1.0]},
        }
        datasets = sample.store.project(KEY).datasets
        datasets.save("orders", {**document, **hidden, "somethingNew": 1}, "ann")
        assert changed(sample, "dataset", "orders", tags=["x"]) == [
            "PUT datasets/orders"
        ]
        found = sample.documents("dataset", "orders")["document"]
        assert found["metrics"] == hidden["metrics"]
        # DSS encrypts a secret anew whenever it returns it.
        assert found["params"]["password"].startswith("e:AES:")
        assert found["params"].keys() == hidden["params"].keys()
        assert (found["somethingNew"], found["tags"]) == (1, ["x"])


class TestRecipes:
    """A recipe and its payload, created as they are."""

    def test_a_new_one_is_stored_at_once_with_its_payload(self, sample):
        for name in ("compute_orders_enriched", "compute_customers_by_country"):
            wanted = sample.attributes("recipe", name)
            sample.requests.forget()
            made = sample.create("recipe", f"{name}_2", wanted)
            assert sample.requests.writes == ["POST recipes/"]
            found = sample.attributes("recipe", made)
            assert found == {**wanted, "name": f"{name}_2"}

    def test_the_name_is_that_of_the_response(self, sample):
        """DSS names a recipe that scores after its input."""
        wanted = {
            "type": "prediction_scoring",
            "inputs": {
                "main": {"items": [{"ref": "orders", "deps": []}]},
                "model": {"items": [{"ref": "Ch8rNm2K", "deps": []}]},
            },
            "outputs": {"main": {"items": [{"ref": "customers"}]}},
        }
        assert sample.create("recipe", "mine", wanted) == "score_orders"

    def test_a_recipe_without_payload_is_saved_without(self, sample):
        name = "compute_orders_archive"
        before = sample.documents("recipe", name)
        assert changed(sample, "recipe", name, tags=["x"]) == [f"PUT recipes/{name}"]
        assert sample.documents("recipe", name).get("payload") == before.get("payload")

    def test_outputs_stay_when_one_is_deleted(self, sample):
        sample.delete("recipe", "compute_orders_enriched")
        assert "orders_enriched" in sample.names("dataset")


class TestProjects:
    """Four documents, of which three are saved."""

    def test_only_what_differs_is_sent(self, sample):
        assert changed(sample, "project", "", description="x") == ["PUT metadata"]
        exposed = {"objects": [{"type": "DATASET", "localName": "customers"}]}
        sent = changed(sample, "project", "", exposedObjects=exposed)
        assert sent == ["PUT settings"]

    def test_permissions_are_sent_alone(self, sample):
        permissions = sample.attributes("project", "")["permissions"]
        sent = changed(
            sample, "project", "", permissions={**permissions, "owner": "bob"}
        )
        assert sent == ["PUT permissions"]
        assert sample.attributes("project", "")["permissions"]["owner"] == "bob"


def test_local_variables_are_sent_back_as_they_are(sample):
    old = sample.documents("variables", "")
    assert old["document"]["local"]
    new = {"document": {"standard": {"a": 1}, "local": {}}}
    WRITERS["variables"].save(sample.project, "", old, new)
    expected = {"standard": {"a": 1}, "local": old["document"]["local"]}
    assert sample.documents("variables", "")["document"] == expected


class TestScenarios:
    """The id is chosen; a script has a path of its own."""

    def test_the_script_is_sent_only_if_it_differs(self, sample):
        steps = sample.attributes("scenario", "REFRESH_ORDERS")
        script = {"type": "custom_python", "params": {}, "payload": "x = 1\n"}
        wanted = {**steps, **script}
        sample.requests.forget()
        assert sample.create("scenario", "NIGHT run", wanted) == "NIGHT run"
        assert sample.requests.writes == [
            "POST scenarios/",
            "PUT scenarios/NIGHT run/payload",
        ]
        sent = changed(sample, "scenario", "NIGHT run", payload="x = 2\n")
        assert sent == ["PUT scenarios/NIGHT run/payload"]
        sent = changed(sample, "scenario", "NIGHT run", tags=["x"])
        assert sent == ["PUT scenarios/NIGHT run"]
        assert sample.attributes("scenario", "NIGHT run")["payload"] == "x = 2\n"

    def test_one_made_of_steps_has_no_script(self, sample):
        sent = changed(sample, "scenario", "REFRESH_ORDERS", tags=["x"])
        assert sent == ["PUT scenarios/REFRESH_ORDERS"]


class TestZones:
    """What is in a zone is moved and shared by calls of its own."""

    @pytest.fixture
    def zone(self, sample):
        """Return the id of a zone with two datasets."""
        wanted = {
            "name": "Raw",
            "color": "#123456",
            "items": [item("orders"), item("customers")],
            "shared": [],
            "tags": ["raw"],
        }
        return sample.create("flow_zone", "anything", wanted)

    def test_a_new_one_has_what_was_wanted(self, sample, zone):
        found = sample.attributes("flow_zone", zone)
        assert (found["name"], found["tags"]) == ("Raw", ["raw"])
        assert found["items"] == [item("customers"), item("orders")]

    def test_what_leaves_goes_to_the_default_zone(self, sample, zone):
        items = [item("customers"), item("countries")]
        assert changed(sample, "flow_zone", zone, items=items) == [
            "POST flow/zones/default/add-items",
            f"POST flow/zones/{zone}/add-items",
        ]
        found = sample.attributes("flow_zone", zone)["items"]
        assert found == [item("countries"), item("customers")]

    def test_a_name_is_saved_without_moving_anything(self, sample, zone):
        sent = changed(sample, "flow_zone", zone, name="Input")
        assert sent == [f"PUT flow/zones/{zone}"]
        assert sample.attributes("flow_zone", zone)["name"] == "Input"
        assert len(sample.attributes("flow_zone", zone)["items"]) == 2

    def test_shared_objects_come_and_go(self, sample, zone):
        one, other = item("countries"), item("my shipments/1")
        sent = changed(sample, "flow_zone", zone, shared=[one, other])
        assert sent == [f"POST flow/zones/{zone}/shared"] * 2
        assert changed(sample, "flow_zone", zone, shared=[one]) == [
            f"DELETE flow/zones/{zone}/shared/DATASET/my shipments/1"
        ]
        assert sample.attributes("flow_zone", zone)["shared"] == [one]

    def test_nothing_moves_when_something_leaves_the_default_zone(self, sample, zone):
        """It is in another zone then, by a call for that zone."""
        changed(sample, "flow_zone", "default", items=[item("shipments")])
        old = {"document": {"items": [item("orders")], "name": "Default"}}
        new = {"document": {"items": [], "name": "Default"}}
        sample.requests.forget()
        WRITERS["flow_zone"].save(sample.project, "default", old, new)
        assert sample.requests.writes == []


def item(dataset):
    """Return a reference to a dataset, as zones have it."""
    return {"objectType": "DATASET", "objectId": dataset}


class TestLibrary:
    """Files are sent as they are."""

    def test_texts_are_sent_raw(self, sample):
        text = "größe = '\u2713'\n\n"
        sample.requests.forget()
        sample.create("library_file", "python/new folder/a#b.py", {"text": text})
        assert sample.requests.writes == [
            "POST libraries/contents/python/new folder/a#b.py"
        ]
        found = sample.attributes("library_file", "python/new folder/a#b.py")
        assert found == {"text": text}
        changed(sample, "library_file", "python/new folder/a#b.py", text="")
        assert sample.attributes("library_file", "python/new folder/a#b.py") == {
            "text": ""
        }

    def test_links_are_sent_as_text_with_what_was_fetched(self, sample):
        name = "external-libraries.json"
        reference = {"remote": "git@x:y.git", "checkout": "main", "lastHash": "abc"}
        links = {"gitReferences": {"R": reference}, "pythonPath": ["python"]}
        sample.client._perform_empty(
            "POST",
            f"/projects/{KEY}/libraries/contents/{name}",
            raw_body=json.dumps(links).encode(),
        )
        before = sample.attributes("library_file", name)["links"]
        wanted = {**before, "pythonPath": ["python", "src"]}
        sample.save("library_file", name, {"links": wanted})
        found = sample.documents("library_file", name)["document"]["links"]
        assert found == {**links, "pythonPath": ["python", "src"]}
