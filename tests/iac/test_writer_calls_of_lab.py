"""Which requests change folders, models, notebooks, web apps, pages and the like."""

import json
from typing import Any

import pytest

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.sandbox import sample_folder
from iac.histories import files_in
from iac.writing import KEY, WRITERS, changed, served


@pytest.fixture
def sample(serve):
    """The sample project in the sandbox."""
    with served(serve, files_in(sample_folder())) as written:
        yield written


class TestFolders:
    """A folder is renamed by an action, and keeps its files."""

    def test_a_name_takes_an_action(self, sample):
        sent = changed(sample, "managed_folder", FOLDER, name="Other")
        assert sent == ["POST actions/renameManagedFolder"]
        sent = changed(sample, "managed_folder", FOLDER, tags=["x"])
        assert sent == [f"PUT managedfolders/{FOLDER}"]
        sent = changed(sample, "managed_folder", FOLDER, name="Third", tags=["y"])
        assert len(sent) == 2
        found = sample.attributes("managed_folder", FOLDER)
        assert (found["name"], found["tags"]) == ("Third", ["y"])

    @pytest.mark.parametrize("drop, query", [(False, ""), (True, "?dropData=true")])
    def test_files_are_dropped_only_where_that_is_asked_for(self, sample, drop, query):
        sample.delete("managed_folder", FOLDER, drop_data=drop)
        assert sample.requests.writes == [f"DELETE managedfolders/{FOLDER}{query}"]


FOLDER = "Rt5wQ2pL"


def agent(files, **members):
    """Return the files of a project with an agent of two versions."""
    versions = [
        {"versionId": name, "pythonAgentSettings": {"code": name}}
        for name in ("v1", "v2")
    ]
    document = {
        "name": "Helper",
        "savedModelType": "PYTHON_AGENT",
        "activeVersion": "v1",
        "inlineVersions": versions,
        "tags": [],
        "checklists": {"checklists": []},
        "lastTrainIndex": 3,
        **members,
    }
    return {**files, "saved_models/Ag1.json": json.dumps(document).encode()}


class TestModels:
    """Versions are activated by an action."""

    @pytest.fixture
    def agents(self, serve):
        """The sample project with an agent."""
        with served(serve, agent(files_in(sample_folder()))) as written:
            yield written

    def test_each_part_of_an_agent_has_its_call(self, agents):
        activate = "POST savedmodels/Ag1/versions/v2/actions/setActive"
        assert changed(agents, "agent", "Ag1", activeVersion="v2") == [activate]
        assert changed(agents, "agent", "Ag1", tags=["x"]) == ["PUT agents/Ag1"]
        assert changed(agents, "agent", "Ag1", name="New") == ["PUT savedmodels/Ag1"]
        everything = {"activeVersion": "v1", "tags": ["y"], "name": "Newer"}
        assert len(changed(agents, "agent", "Ag1", **everything)) == 3
        changed(agents, "agent", "Ag1", activeVersion="v2", tags=["x"], name="New")
        found = agents.attributes("agent", "Ag1")
        assert (found["name"], found["activeVersion"]) == ("New", "v2")
        assert found["tags"] == ["x"]
        assert [item["versionId"] for item in found["versions"]] == ["v1", "v2"]

    def test_a_new_agent_gets_its_versions(self, agents):
        wanted = agents.attributes("agent", "Ag1")
        agents.requests.forget()
        made = agents.create("agent", "", {**wanted, "activeVersion": "v2"})
        found = agents.attributes("agent", made)
        assert found == {**wanted, "id": made, "activeVersion": "v2"}

    def test_the_active_version_of_a_model_is_no_part_of_a_save(self, sample):
        model = "Ch8rNm2K"
        assert changed(sample, "saved_model", model, tags=["x"]) == [
            f"PUT savedmodels/{model}"
        ]
        old = sample.documents("saved_model", model)
        new = {"document": {**old["document"], "activeVersion": "v 2/x"}}
        sample.requests.forget()
        with pytest.raises(UnsupportedValueError, match="has no version v 2/x"):
            WRITERS["saved_model"].save(sample.project, model, old, new)
        assert sample.requests.writes == []

    def test_a_version_of_the_document_is_activated_once_that_is_saved(self, sample):
        model, versions = "Ch8rNm2K", [{"versionId": "v 2"}]
        edits = {"inlineVersions": versions, "activeVersion": "v 2"}
        path = f"savedmodels/{model}"
        assert changed(sample, "saved_model", model, **edits) == [
            f"PUT {path}",
            f"POST {path}/versions/v 2/actions/setActive",
        ]


def test_the_flavor_of_an_evaluation_store_is_asked_for(sample):
    wanted = {"name": "Answers", "mesFlavor": "AGENT"}
    made = sample.create("evaluation_store", "", wanted)
    assert sample.requests.writes[0] == "POST evaluationstores/?flavor=AGENT"
    assert sample.attributes("evaluation_store", made)["mesFlavor"] == "AGENT"


def test_a_tool_has_the_id_that_was_chosen(sample):
    params = {"knowledgeBankRef": "Kb1", "more": 1}
    wanted = {"name": "Search", "type": "VectorStoreSearch", "params": params}
    assert sample.create("agent_tool", "docs", wanted) == "docs"
    assert sample.attributes("agent_tool", "docs")["params"] == params


class TestNotebooks:
    """A notebook is sent as Jupyter needs it."""

    NAME = "Explore orders"

    def test_new_cells_have_outputs_and_old_ones_keep_them(self, sample):
        notebook = sample.documents("notebook", self.NAME)["document"]
        new = {"cell_type": "code", "source": "1 + 1"}
        before = sample.attributes("notebook", self.NAME)["cells"]
        changed(sample, "notebook", self.NAME, cells=[*before, new])
        found = sample.documents("notebook", self.NAME)["document"]["cells"]
        assert found[:-1] == notebook["cells"]
        assert (found[-1]["outputs"], found[-1]["execution_count"]) == ([], 0)
        assert found[-1]["metadata"] == {}

    def test_a_new_one_is_posted_to_its_path(self, sample):
        wanted = sample.attributes("notebook", self.NAME)
        sample.requests.forget()
        sample.create("notebook", "Größe #1", wanted)
        assert sample.requests.writes == ["POST jupyter-notebooks/Größe #1"]

    def test_an_older_format_becomes_the_present_one(self, sample):
        sheet = {"cells": [{"cell_type": "code", "input": "x", "outputs": []}]}
        old = {"nbformat": 3, "metadata": {}, "worksheets": [sheet]}
        path = f"/projects/{KEY}/jupyter-notebooks/old"
        sample.client._perform_empty("POST", path, body=old)
        cells = sample.attributes("notebook", "old")["cells"]
        more = [*cells, {"cell_type": "markdown", "source": "# New"}]
        changed(sample, "notebook", "old", cells=more)
        found = sample.documents("notebook", "old")["document"]
        assert (found["nbformat"], len(found["cells"])) == (4, 2)
        assert "worksheets" not in found


class TestWebApps:
    """DSS makes their keys, and deletes none."""

    def test_the_key_is_sent_back_and_never_made_up(self, sample):
        (name,) = sample.names("web_app")
        wanted = {**sample.attributes("web_app", name), "tags": ["x"]}
        read = sample.save("web_app", name, wanted)["document"]
        assert sample.requests.bodies[-1]["apiKey"] == read["apiKey"]
        assert read["apiKey"].startswith("e:AES:")
        made = sample.create("web_app", "", sample.attributes("web_app", name))
        assert sample.documents("web_app", made)["document"]["apiKey"]
        assert "restarted" in WRITERS["web_app"].effect

    @pytest.mark.parametrize("kind", ["web_app", "api_service", "project", "wiki"])
    def test_nothing_is_sent_to_delete_one(self, sample, kind):
        with pytest.raises(NotImplementedError):
            sample.delete(kind, sample.names(kind)[0])
        assert sample.requests.writes == []


def test_an_api_service_is_created_empty_then_saved(sample):
    wanted = sample.attributes("api_service", "orders_api")
    sample.requests.forget()
    sample.create("api_service", "new service", {**wanted, "tags": ["x"]})
    assert sample.requests.writes == [
        "POST apiservices/new service",
        "PUT apiservices/new service/settings",
    ]


class TestWiki:
    """Articles are put into the tree by DSS; the tree is saved as a whole."""

    def test_an_article_is_created_then_written(self, sample):
        wanted = sample.attributes("wiki_article", "1")
        sample.requests.forget()
        made = sample.create("wiki_article", "", {**wanted, "name": "New"})
        assert sample.requests.writes == ["POST wiki/", f"PUT wiki/{made}"]
        assert sample.attributes("wiki_article", made)["payload"] == wanted["payload"]

    def test_the_tree_is_moved_but_never_loses_an_article(self, sample):
        taxonomy = sample.attributes("wiki", "")["taxonomy"]
        flat: list[dict[str, Any]] = [
            {"id": name, "children": []} for name in ("2", "1")
        ]
        assert taxonomy != flat
        assert changed(sample, "wiki", "", taxonomy=flat) == ["PUT wiki/"]
        assert sample.attributes("wiki", "")["taxonomy"] == flat
        for wrong in (flat[:1], [*flat, flat[0]]):
            with pytest.raises(UnsupportedValueError):
                changed(sample, "wiki", "", taxonomy=wrong)
            assert sample.requests.writes == []


def test_an_insight_is_saved_by_a_post(sample):
    (name,) = sample.names("insight")
    sent = changed(sample, "insight", name, tags=["x"])
    assert sent == [f"POST insights/{name}/"]
    made = sample.create("insight", "", sample.attributes("insight", name))
    assert made != name


class TestWorksheets:
    """They are below their dataset."""

    @pytest.fixture
    def made(self, sample):
        """The id of a worksheet."""
        spec = {
            "inputDatasetSmartName": "orders",
            "datasetSelection": {"samplingMethod": "FULL"},
        }
        wanted = {"name": "Numbers", "dataSpec": spec}
        return sample.create("statistics_worksheet", "", wanted)

    def test_all_calls_are_below_the_dataset(self, sample, made):
        path = f"datasets/orders/statistics/worksheets/{made}"
        sent = changed(sample, "statistics_worksheet", made, tags=["x"])
        assert sent == [f"PUT {path}"]
        sample.requests.forget()
        sample.delete("statistics_worksheet", made)
        assert sample.requests.writes == [f"DELETE {path}"]
        assert sample.names("statistics_worksheet") == []
