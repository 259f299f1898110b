"""The commit of a project in DSS, before an apply changes it."""

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault
from iac.applying import Project, recorded, statuses, writes

ORDERS = f"dataset.{KEY}.orders"
COMMIT = f"/projects/{KEY}/git/actions/commit"


@pytest.fixture
def project(server, tmp_path):
    """The sample project, where DSS commits what somebody asks it to."""
    project = Project(server, KEY, tmp_path / KEY, tmp_path / "dev.state.json")
    settings = project.dss.get_settings()
    settings.get_raw()["settings"]["gitCommitMode"] = "EXPLICIT"
    settings.save()
    project.dss.get_project_git().commit("Set to commit explicitly")
    project.sync()
    project.edit("datasets/orders.json", shortDesc="All orders")
    project.edit("datasets/customers.json", shortDesc="All customers")
    return project


@pytest.fixture
def git(server):
    """The repository of the project."""
    return server.store.project(KEY).git


def test_what_people_have_not_committed_is_committed_before(project, git, server):
    project.edit_dataset("countries", description="Not committed yet")
    plan = project.plan().from_source("./SHOP")
    requests = recorded(server)
    assert project.apply(plan).is_complete
    assert next(path for _, path in writes(requests)) == COMMIT
    assert git.messages[1:] == [
        "Before dataiku-iac applies a plan of ./SHOP (state version 1)"
    ]
    assert git.status(commits_saves=False)["modified"] == [
        "datasets/customers.json",
        "datasets/orders.json",
    ]


def test_nothing_is_committed_if_nothing_is_left_to_be(project, git, server):
    plan = project.plan()
    requests = recorded(server)
    assert project.apply(plan).is_complete
    assert len([path for _, path in requests if "/git/" in path]) == 1
    assert git.messages == ["Set to commit explicitly"]


FAULTS = {
    "older": Fault.error(404, "NotFound", "no such page"),
    "forbidden": Fault.error(
        403, "com.dataiku.dip.exceptions.UnauthorizedException", "no"
    ),
    "broken": Fault.error(500, "java.lang.NullPointerException", "boom"),
    "gone": Fault.reset(),
}


@pytest.mark.parametrize("end", ["/git/status", "/git/actions/commit"])
@pytest.mark.parametrize("name", FAULTS)
def test_git_that_does_not_respond_keeps_nobody_from_applying(
    project, server, name, end
):
    project.edit_dataset("countries", description="Not committed yet")
    plan = project.plan()
    server.faults = lambda _, path: FAULTS[name] if path.endswith(end) else None
    result = project.apply(plan)
    assert result.is_complete
    assert ORDERS in statuses(result)
    assert not any(item.notes for item in result.results)
