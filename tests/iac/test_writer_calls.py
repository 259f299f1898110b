"""Which requests change projects, datasets, recipes, zones and other basic types."""

import json

import pytest

from dataikuapi.iac.sandbox import sample_folder
from dataikuapi.iac.types.shapes import UnexpectedShapeError
from iac.histories import files_in
from iac.writing import KEY, WRITERS, changed, served


@pytest.fixture
def sample(serve):
    """The sample project in the sandbox."""
    with served(serve, files_in(sample_folder())) as written:
        yield written


class TestNewObjects:
    """They are of the project that they are created in, with an id of DSS."""

    def test_the_key_of_another_project_is_not_sent(self, sample):
        (name,) = sample.names("sql_notebook")
        wanted = {**sample.attributes("sql_notebook", name), "projectKey": "OTHER"}
        made = sample.create("sql_notebook", "", wanted)
        assert sample.attributes("sql_notebook", made)["projectKey"] == KEY

    def test_an_id_may_be_a_number(self):
        assert WRITERS["wiki_article"].name_in({"id": 1}) == "1"

    @pytest.mark.parametrize("answer", [{}, [], {"id": ""}, {"id": True}, {"id": None}])
    def test_a_response_without_id_is_no_response(self, answer):
        with pytest.raises(UnexpectedShapeError):
            WRITERS["dashboard"].name_in(answer)


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
