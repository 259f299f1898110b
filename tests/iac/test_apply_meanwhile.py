"""Edits of somebody else beside an apply: none gets lost without a word."""

import json
from fnmatch import fnmatchcase

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault
from iac.applying import Project, actions

THEIRS = "Theirs"


def edit_dataset(dss):
    settings = dss.get_dataset("orders").get_settings()
    settings.get_raw()["shortDesc"] = THEIRS
    settings.save()


def edit_recipe(dss):
    settings = dss.get_recipe("compute_orders_enriched").get_settings()
    settings.set_payload(THEIRS)
    settings.save()


def edit_scenario(dss):
    settings = dss.get_scenario("REFRESH_ORDERS").get_settings()
    settings.get_raw()["name"] = THEIRS
    settings.save()


def edit_web_app(dss):
    settings = dss.get_webapp("kB3xT9q").get_settings()
    settings.get_raw()["name"] = THEIRS
    settings.save()


def edit_article(dss):
    data = dss.get_wiki().get_article("2").get_data()
    data.set_body(THEIRS)
    data.save()


def edit_variables(dss):
    variables = dss.get_variables()
    variables["standard"]["late_after_days"] = THEIRS
    dss.set_variables(variables)


def edit_library(dss):
    dss.get_library().get_file("python/orders/cleaning.py").write(THEIRS)


EDITS = {
    "dataset": ("datasets/orders.json", "shortDesc", "datasets/orders", edit_dataset),
    "recipe": (
        "recipes/compute_orders_enriched.py",
        "",
        "recipes/compute_orders_enriched",
        edit_recipe,
    ),
    "scenario": (
        "scenarios/REFRESH_ORDERS.json",
        "name",
        "scenarios/REFRESH_ORDERS",
        edit_scenario,
    ),
    "web_app": ("web_apps/kB3xT9q.json", "name", "webapps/kB3xT9q", edit_web_app),
    "wiki_article": ("wiki/articles/2.md", "", "wiki/2", edit_article),
    "variables": ("variables.json", "late_after_days", "variables", edit_variables),
    "library_file": (
        "lib/python/orders/cleaning.py",
        "",
        "libraries/contents/python/orders/cleaning.py",
        edit_library,
    ),
}
"""By type: a file, the member to change, the path of the object, and their edit."""

WITHOUT_VERSION = {"variables", "library_file"}


class Meanwhile:
    """Somebody edits an object just before a request for it is handled.

    Args:
        method: of the request.
        path: of the object, below the project.
        number: of such requests, counted from 1.
        edit: what they do; their own requests do not count.
    """

    def __init__(self, method, path, number, edit):
        self._wanted, self._number, self._edit = (method, path), number, edit
        self._is_editing = False

    def __call__(self, method, path):
        """Return what happens to a request."""
        wanted, pattern = self._wanted
        below = path.partition(f"/projects/{KEY}/")[2].strip("/")
        if self._is_editing or method != wanted or not fnmatchcase(below, pattern):
            return None
        self._number -= 1
        return None if self._number else Fault.meanwhile(self._do)

    def _do(self):
        self._is_editing = True
        self._edit()
        self._is_editing = False


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


@pytest.fixture(params=EDITS)
def kind(request, project):
    """A type, of which the code changes an object."""
    file, member, _, _ = EDITS[request.param]
    if member:
        project.edit(file, **{member: "Ours"})
    else:
        project.write(file, "Ours")
    return request.param


def applied(project, server, kind, method, number):
    """Apply while somebody edits; return the result and whether their edit stays."""
    *_, path, edit = EDITS[kind]
    plan = project.plan()
    other = project.person().client.get_project(KEY)
    server.faults = Meanwhile(method, path, number, lambda: edit(other))
    (result,) = project.apply(plan).results
    server.faults = None
    return result, has_theirs(project, result.resource_id)


def has_theirs(project, resource_id):
    """Return whether DSS has their edit."""
    live = project.manager.sync_project(KEY)[resource_id]
    return THEIRS in json.dumps(live.attributes)


def test_edit_before_the_object_is_read_stops_the_action(project, server, kind):
    result, is_there = applied(project, server, kind, "GET", 1)
    assert (result.status.value, is_there) == ("refused", True)
    assert "it was changed in DSS" in result.reason
    assert set(actions(project.plan()).values()) == {"conflict"}


def test_edit_just_before_the_write_is_told_if_versions_tell(project, server, kind):
    """The window of each save: DSS has no conditional writes."""
    method = "POST" if kind == "library_file" else "PUT"
    result, is_there = applied(project, server, kind, method, 1)
    assert (result.status.value, is_there) == ("updated", False)
    told = "somebody else saved it at the same time" in " ".join(result.notes)
    assert told is (kind not in WITHOUT_VERSION)


def test_several_members_in_one_write_do_not_hide_an_edit(project, server):
    project.edit("managed_folders/Rt5wQ2pL.json", tags=["ours"], description="Ours")
    plan = project.plan()
    folder = project.person().client.get_project(KEY).get_managed_folder("Rt5wQ2pL")
    path = "managedfolders/Rt5wQ2pL"
    server.faults = Meanwhile("PUT", path, 1, lambda: edit_folder(folder))
    (result,) = project.apply(plan).results
    assert "its version grew by 2 instead of 1" in " ".join(result.notes)


def edit_folder(folder):
    settings = folder.get_settings()
    settings.get_raw()["description"] = THEIRS
    settings.save()


def test_edit_just_after_the_write_stays_and_is_told_again(project, server, kind):
    """Neither this apply nor a later one overwrites it."""
    result, is_there = applied(project, server, kind, "GET", 2)
    assert (result.status.value, is_there) == ("updated", True)
    assert "something else than planned" in " ".join(result.notes)
    assert actions(project.plan()) == {result.resource_id: "kept"}
    assert project.apply().results == ()
    assert has_theirs(project, result.resource_id)
