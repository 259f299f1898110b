"""Lists that DSS keeps by itself, after an apply has created what is in them."""

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault
from iac.applying import Project, actions, assert_settled, recorded, statuses

ZONE = f"flow_zone.{KEY}.q7LmT2a"
NEW = {f"dataset.{KEY}.extra", f"recipe.{KEY}.make_extra"}


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


def write_recipe(project, used="customers_by_country", made="extra"):
    """Have a new recipe, and what it writes, in the code, and in none of its zones."""
    ports = {"inputs": used, "outputs": made}
    recipe = {
        side: {"main": {"items": [{"ref": name, "deps": []}]}}
        for side, name in ports.items()
    }
    project.write(f"datasets/{made}.json", {"type": "Inline", "params": {}})
    project.write(f"recipes/make_{made}.json", {"type": "python", **recipe})
    project.write(f"recipes/make_{made}.py", "print(2)\n")


def in_zone(project):
    zone = project.dss.get_flow().get_zone("q7LmT2a")
    return {item["objectId"] for item in zone._raw["items"]}


def test_zone_that_dss_fills_is_no_edit_of_somebody_else(project, server):
    write_recipe(project)
    plan = project.plan()
    requests = recorded(server)
    assert set(statuses(project.apply(plan))) == NEW
    assert len([path for _, path in requests if "/flow/zones" in path]) == 1
    assert {"extra", "make_extra"} <= in_zone(project)
    assert_settled(project)


def test_zone_that_somebody_else_has_changed_too_is_told(project):
    write_recipe(project)
    plan = project.plan()
    zone = project.dss.get_flow().get_zone("q7LmT2a")
    zone.add_item(project.dss.get_dataset("orders"))
    assert set(statuses(project.apply(plan))) == NEW
    (action,) = (item for item in project.plan().actions if item.resource_id == ZONE)
    assert (action.action_type.value, len(action.kept)) == ("kept", 3)


def test_what_was_kept_before_is_kept_still(project):
    zone = project.dss.get_flow().get_zone("q7LmT2a")
    settings = zone.get_settings()
    settings.get_raw()["color"] = "#123456"
    settings.save()
    write_recipe(project)
    assert set(statuses(project.apply())) == NEW
    (action,) = (item for item in project.plan().actions if item.resource_id == ZONE)
    assert [value.path for value in action.kept] == ["color"]


def test_apply_is_done_although_the_zones_cannot_be_read(project, server):
    write_recipe(project)
    plan = project.plan()
    broken = Fault.error(500, "java.lang.NullPointerException", "boom")
    server.faults = lambda _, path: broken if "/flow/zones" in path else None
    assert project.apply(plan).is_complete
    server.faults = None
    assert actions(project.plan()) == {ZONE: "kept"}


def test_code_puts_elsewhere_what_dss_has_put_into_a_zone(project):
    write_recipe(project)
    project.apply()
    items = [
        {"objectType": "DATASET", "objectId": "extra"},
        {"objectType": "RECIPE", "objectId": "make_extra"},
    ]
    document = {"name": "Extra", "color": "#123456", "items": items, "shared": []}
    project.write("zones/nEw0001.json", document)
    assert project.apply().is_complete
    assert not {"extra", "make_extra"} & in_zone(project)
    assert actions(project.plan()) == {}


@pytest.mark.all_types
def test_tree_that_dss_adds_an_article_to_is_no_edit_of_somebody_else(project):
    project.write("wiki/articles/8.json", {"id": 8, "name": "New"})
    project.write("wiki/articles/8.md", "Text\n")
    assert set(statuses(project.apply()).values()) == {"created"}
    assert_settled(project)
