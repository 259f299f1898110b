"""Applies of what is peculiar to a type: several documents, lists that DSS keeps."""

import json

import pytest

from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.plan import ActionType
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY
from dataikuapi.iac.sandbox.kinds.flow_zone import FLOW_ZONE
from iac.applying import Project, actions, statuses

KEY = SAMPLE_PROJECT_KEY
MODEL = f"saved_model.{KEY}.Ch8rNm2K"
MODEL_FILE = "saved_models/Ch8rNm2K.json"


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


def document(project, path):
    return json.loads((project.folder / path).read_text("utf-8"))


def assert_settled(project):
    assert actions(project.plan()) == {}
    assert [diff for diff in project.manager.drift().diffs if diff.has_changed] == []


def notes(result):
    return [note for item in result.results for note in item.notes]


def test_project_of_which_all_documents_change_was_saved_by_nobody_else(project):
    """Each of them is a save."""
    settings = document(project, "params.json")["settings"]
    settings = {**settings, "gitCommitMode": "EXPLICIT"}
    project.edit("params.json", settings=settings, description="x", owner="ann")
    result = project.apply()
    assert statuses(result) == {f"project.{KEY}": "updated"}
    assert notes(result) == []
    assert_settled(project)


def test_project_is_saved_without_the_status_that_cannot_be(project):
    project.edit("params.json", description="x", projectStatus="Done")
    assert statuses(project.apply()) == {f"project.{KEY}": "updated"}
    assert project.dss.get_metadata()["description"] == "x"
    (left,) = project.plan().of_type(ActionType.PLAN_ONLY)
    assert "status" in left.reason


def test_output_stays_in_its_zone_when_the_recipe_is_deleted(project):
    """To take the recipe out of the zone would take along what it writes."""
    project.remove(
        "recipes/compute_customers_by_country.json",
        "recipes/compute_customers_by_country.grouping",
    )
    items = document(project, "zones/q7LmT2a.json")["items"]
    left = [x for x in items if x["objectId"] != "compute_customers_by_country"]
    assert len(left) == len(items) - 1
    project.edit("zones/q7LmT2a.json", items=left, name="Reports")
    result = project.apply(allow_delete=True)
    assert set(statuses(result).values()) == {"updated", "deleted"}
    assert notes(result) == []
    assert_settled(project)


def test_article_that_is_deleted_leaves_the_tree(project):
    """DSS itself takes it out: the tree has each article that there is."""
    project.remove("wiki/articles/2.json", "wiki/articles/2.md")
    project.edit("wiki/taxonomy.json", taxonomy=[{"id": 1, "children": []}])
    result = project.apply(allow_delete=True)
    assert statuses(result) == {f"wiki_article.{KEY}.2": "deleted"}
    assert actions(project.plan()) == {}


def test_version_that_dss_does_not_have_is_not_activated(project):
    """Nor is anything else of the model changed; a rule lets the rest be applied."""
    project.edit(MODEL_FILE, activeVersion="1762000000001", description="x")
    result = project.apply()
    assert statuses(result) == {MODEL: "failed"}
    assert "no version 1762000000001 to activate" in result.results[0].reason
    found = project.dss.get_saved_model("Ch8rNm2K").get_settings().get_raw()
    assert found.get("description", "") == ""
    rule = IgnoreRule("saved_model.*", "/activeVersion")
    assert statuses(project.apply(ignore=(rule,))) == {MODEL: "updated"}
    assert actions(project.plan(ignore=(rule,))) == {}


def test_objects_move_from_one_zone_to_another(project):
    """What comes into one zone leaves the other, before that is saved itself."""
    first, second = "zones/q7LmT2a.json", "zones/new.json"
    zone = document(project, first)
    project.write(second, {**zone, "name": "Other", "items": [], "shared": []})
    assert statuses(project.apply()) == {f"flow_zone.{KEY}.new": "created"}
    revenue = [x for x in zone["items"] if "revenue" in x["objectId"]]
    others = [x for x in zone["items"] if x not in revenue]
    project.edit(first, items=revenue, name="Reports")
    project.edit(second, items=others, name="Accounts")
    result = project.apply()
    assert [*statuses(result).values()] == ["updated"] * 2
    assert_settled(project)
    project.edit(first, items=others, name="Reports of 2026")
    project.edit(second, items=revenue, name="Accounts of 2026")
    result = project.apply()
    assert [*statuses(result).values()] == ["updated"] * 2
    assert_settled(project)


class TestGeneratedIds:
    """The code keeps its ids, whatever DSS generates."""

    FILE, NEW = "insights/In4tRv8.json", "insights/New1.json"

    def test_object_that_is_created_again_is_still_known(self, project):
        """Not only by its name, which is changed later."""
        insight = {**document(project, self.FILE), "name": "Extra"}
        project.write(self.NEW, insight)
        project.apply()
        project.remove(self.NEW)
        done = project.apply(allow_delete=True)
        assert [*statuses(done).values()] == ["deleted"]
        project.write(self.NEW, insight)
        assert [*statuses(project.apply()).values()] == ["created"]
        assert_settled(project)
        project.write(self.NEW, {**insight, "name": "Renamed"})
        done = project.apply(allow_delete=True)
        assert [*statuses(done).values()] == ["updated"]
        assert_settled(project)

    def test_object_in_the_place_of_another_makes_room_for_it(self, project):
        """Two files are two objects in DSS, even if they were one before."""
        insight = document(project, self.FILE)
        project.remove(self.FILE)
        project.write(self.NEW, {**insight, "listed": not insight["listed"]})
        place = f"insight.{KEY}.In4tRv8"
        assert statuses(project.apply(allow_delete=True)) == {place: "updated"}
        assert_settled(project)
        project.write(self.FILE, insight)
        assert statuses(project.apply(allow_delete=True)) == {
            place: "updated",
            f"insight.{KEY}.New1": "created",
        }
        assert_settled(project)
        assert len(project.dss.list_insights()) == 2

    def test_what_refers_to_an_object_that_is_restored_refers_to_its_new_id(
        self, project
    ):
        """The dashboard is the same in the code before and after."""
        insight = document(project, self.FILE)
        project.remove(self.FILE)
        project.apply(allow_delete=True)
        project.write(self.FILE, insight)
        plan = project.plan()
        dashboard = f"dashboard.{KEY}.Db6hKs2"
        (found,) = plan.of_type(ActionType.UPDATE)
        assert (found.resource_id, found.diff.changes) == (dashboard, ())
        assert "In4tRv8, to which DSS gives a new id" in found.reason
        done = project.apply(plan)
        assert statuses(done)[dashboard] == "updated"
        assert_settled(project)
        (made,) = project.dss.list_insights()
        pages = project.dss.get_dashboard("Db6hKs2").get_settings().get_raw()["pages"]
        assert made["id"] in json.dumps(pages)


class TestDefaultZone:
    """DSS makes it with the first other zone."""

    @pytest.fixture
    def zones(self, project, store):
        """The files of the zones of a project that has none in DSS."""
        found = {path: document(project, path) for path in self.FILES}
        for path in self.FILES:
            (project.folder / path).unlink()
        zones = store.project(KEY).objects(FLOW_ZONE)
        for name in zones.names():
            zones.remove(name)
        project.sync()
        return found

    FILES = ("zones/default.json", "zones/q7LmT2a.json")

    def test_it_is_there_once(self, project, zones, store):
        """And is then as the code says."""
        for path, zone in zones.items():
            project.write(path, {**zone, "color": "#123456"})
        done = project.apply()
        assert [*statuses(done).values()] == ["created"] * 2
        assert_settled(project)
        found = store.project(KEY).objects(FLOW_ZONE).documents()
        assert sorted((zone["name"], zone["color"]) for zone in found) == [
            ("Default", "#123456"),
            ("Reporting – finance", "#123456"),
        ]

    def test_it_is_neither_made_alone_nor_deleted(self, project, zones):
        project.write(self.FILES[0], zones[self.FILES[0]])
        (left,) = project.plan().of_type(ActionType.PLAN_ONLY)
        assert "with the first other one" in left.reason
        project.write(self.FILES[1], zones[self.FILES[1]])
        project.apply()
        project.remove(*self.FILES)
        zone = project.dss.get_flow().get_zone("default").get_settings()
        zone.get_raw()["color"] = "#654321"
        zone.save()
        plan = project.plan(allow_delete=True)
        assert sorted(actions(plan).values()) == ["delete", "plan-only"]
