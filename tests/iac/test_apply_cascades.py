"""What DSS deletes with an object, and nobody has planned."""

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.types import TYPES
from iac.applying import Project, recorded, statuses, writes

ARCHIVE = f"dataset.{KEY}.orders_archive"
RECIPE = f"recipe.{KEY}.compute_orders_archive"


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled, whose code no longer has the archive."""
    types = [name for name, kind in TYPES.items() if kind.layout is not None]
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    project = Project(server, KEY, folder, state, types).sync()
    project.remove(
        "datasets/orders_archive.json",
        "recipes/compute_orders_archive.json",
        "recipes/compute_orders_archive.sync",
    )
    return project


def new_recipe(dss, outputs="customers"):
    builder = dss.new_recipe("python", "their_report")
    builder.with_input("orders_archive").with_output(outputs).with_script("pass")
    builder.create()
    return f"recipe.{KEY}.their_report"


def edited_recipe(dss):
    settings = dss.get_recipe("compute_orders_enriched").get_settings()
    settings.add_input("main", "orders_archive")
    settings.save()
    return f"recipe.{KEY}.compute_orders_enriched"


def new_worksheet(dss):
    chosen = {"inputDatasetSmartName": "orders_archive", "datasetSelection": {}}
    body = {"name": "Theirs", "projectKey": KEY, "dataSpec": chosen, "rootCard": {}}
    path = f"/projects/{KEY}/datasets/orders_archive/statistics/worksheets/"
    made = dss.client._perform_json("POST", path, body=body)
    return f"statistics_worksheet.{KEY}.{made['id']}"


@pytest.mark.all_types
@pytest.mark.parametrize("use", [new_recipe, edited_recipe, new_worksheet])
def test_what_uses_an_object_since_the_plan_keeps_it(project, server, use):
    plan = project.plan(allow_delete=True)
    user = use(project.dss)
    server.store.add_recipe(KEY, "mentions_it", payload="Dataset('orders_archive')")
    requests = recorded(server)
    result = project.apply(plan)
    assert statuses(result) == {RECIPE: "deleted", ARCHIVE: "refused"}
    assert writes(requests) == [
        ("DELETE", f"/projects/{KEY}/recipes/compute_orders_archive")
    ]
    assert result.results[-1].reason == (
        f"DSS would delete {user} with it, which uses it since the plan was made"
    )
    assert project.manager.sync_resource(user) is not None
    assert ARCHIVE in project.manager.load_state()


@pytest.mark.all_types
def test_nothing_is_deleted_if_its_users_cannot_be_listed(project, server):
    plan = project.plan(allow_delete=True)
    path = f"/projects/{KEY}/recipes/"
    refused = Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")
    server.faults = lambda method, asked: refused if asked == path else None
    assert statuses(project.apply(plan))[ARCHIVE] == "failed"
    server.faults = None
    assert project.dataset("orders_archive")


@pytest.mark.all_types
def test_what_nobody_uses_any_more_is_deleted(project):
    result = project.apply(allow_delete=True)
    assert statuses(result) == {RECIPE: "deleted", ARCHIVE: "deleted"}
