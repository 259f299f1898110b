"""Types that DSS does not have: told once, unless the state says that it has them."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.exceptions import (
    ProjectNotVisibleError,
    SyncError,
    TypeNotSupportedError,
)
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.sandbox.kinds.ml_task import ML_TASK
from dataikuapi.iac.sandbox.kinds.web_app import WEB_APP

KEY = SAMPLE_PROJECT_KEY
EXCEPTIONS = "com.dataiku.dip.exceptions."
MISSING = Fault.error(404, f"{EXCEPTIONS}NotFoundException", "Not found")
WRAPPED = Fault.error(
    403,
    f"{EXCEPTIONS}UnauthorizedException",
    f"{EXCEPTIONS}NotFoundException: Not found",
)
UNLICENSED = [
    Fault.error(status, error_type, message)
    for status, error_type, message in (
        (403, f"{EXCEPTIONS}UnauthorizedException", "Your license does not allow it"),
        (400, f"{EXCEPTIONS}CodedRuntimeException", "license does not allow zones"),
        (402, "com.dataiku.dip.LicenseException", "Not included in your licence"),
        (403, "com.dataiku.dip.X", "Your license doesn't include web apps"),
    )
]
LACKING = {
    "page": Fault.page(404),
    "missing": MISSING,
    "wrapped": WRAPPED,
    **{f"license {number}": fault for number, fault in enumerate(UNLICENSED)},
}
lacking = pytest.mark.parametrize("fault", LACKING.values(), ids=LACKING)
FORBIDDEN = Fault.error(
    403, f"{EXCEPTIONS}UnauthorizedException", "You may not read dashboards"
)


@pytest.fixture
def fail(server):
    """Return a function that lets requests below a path of the project fail."""

    def plan(path, fault):
        beginning = f"/projects/{KEY}/{path}".rstrip("/")
        server.faults = lambda method, requested: (
            fault if requested.startswith(beginning) else None
        )

    return plan


@pytest.fixture
def manager(server, tmp_path):
    """Return a function that makes a manager of some types."""

    def make(*types):
        backend = LocalFileBackend(tmp_path / "dev.state.json")
        client = DSSClient(server.url, server.api_key)
        return StateManager(backend, client, "dev", types=types)

    return make


@pytest.mark.all_types
@lacking
def test_what_dss_lacks_fails_no_sync(run, fail, fault):
    """It is told once, by sync and by drift, and the rest is saved."""
    fail("flow/zones", fault)
    for command in ("sync", "drift"):
        code, out, err = run(command, "--project", KEY)
        assert code == 0
        assert (out + err).count("not supported by this DSS: flow_zone") == 1


@pytest.mark.all_types
@lacking
def test_what_the_state_has_is_unknown_rather_than_unsupported(run, fail, store, fault):
    """DSS has served it before, so a drift that does not see it is not green."""
    assert run("sync", "--project", KEY)[0] == 0
    web_apps = store.project(KEY).objects(WEB_APP)
    name = "kB3xT9q"
    web_apps.save(name, {**web_apps.get(name), "name": "Renamed"}, "eve")
    fail("webapps", fault)
    code, out, _ = run("drift")
    assert code == 3
    assert "not supported" not in out and "No changes" not in out
    assert f"web_app.{KEY}.{name}" in out
    for selection in (f"web_app.{KEY}.{name}", f"web_app.{KEY}.*"):
        for command in ("drift", "refresh"):  # Nothing at all can be read of them.
            code, out, err = run(command, selection)
            assert code == 1 and f"web_app.{KEY}.{name}" not in out
            assert "not support" not in err
    code, _, err = run("sync", "--project", KEY)
    assert code == 1 and "--keep-going" in err
    assert f"web_app.{KEY}.*: DSS at" in err
    assert run("sync", "--project", KEY, "--keep-going")[0] == 3


@pytest.mark.all_types
def test_refresh_of_a_pattern_says_that_it_could_not_be_read(run, fail):
    """Although the other pattern could; nothing is stored by halves."""
    assert run("sync", "--project", KEY)[0] == 0
    fail("webapps", Fault.page(404))
    code, out, err = run("refresh", f"web_app.{KEY}.*", f"dataset.{KEY}.*")
    assert (code, out) == (1, "") and f"the web apps of project {KEY}" in err


@pytest.mark.all_types
def test_whole_project_and_single_object_give_the_same_reason(run, fail):
    """A page in front of DSS is called that."""
    assert run("sync", "--project", KEY)[0] == 0
    fail("webapps", Fault.page(404))
    for selection in ((), (f"web_app.{KEY}.kB3xT9q",)):
        _, out, err = run("drift", *selection)
        assert "it is a proxy or login page" in " ".join((out + err).split())


@pytest.mark.all_types
@lacking
def test_only_object_of_a_type_is_not_removed(run, fail, fault):
    """Each project has exactly one, so that it is not found is no removal."""
    assert run("sync", "--project", KEY)[0] == 0
    fail("variables", fault)
    assert run("drift")[0] == 3
    for command in ("drift", "refresh"):
        code, out, _ = run(command, f"variables.{KEY}", f"dataset.{KEY}.countries")
        assert code in (1, 3) and f"- variables.{KEY}" not in out


def test_type_in_one_project_is_unknown_in_another(manager, store, fail):
    """It was read just now, so DSS has it."""
    store.add_project("OTHER")
    store.add(WEB_APP, "OTHER", "Wa12Bb3", name="Map", type="STANDARD", params={})
    fail("webapps", Fault.page(404))
    state = manager("project", "web_app").sync_all(on_error="keep")
    assert state.unsupported == []
    assert "in other projects: try again" in state.unknown[f"web_app.{KEY}.*"]


def test_state_of_another_instance_says_nothing(manager, fail):
    """What that one had, this one may not have."""
    reader = manager("project", "web_app")
    state = reader.sync_project(KEY)
    state.instance = {"install_id": "another"}
    reader.save_state(state)
    fail("webapps", Fault.page(404))
    assert reader.sync_project(KEY).unsupported == ["web_app"]


def add_analyses(store):
    for analysis in ("ana00001", "ana00002"):
        store.add(ANALYSIS, KEY, analysis, inputDatasetSmartName="customers")


@lacking
def test_nested_listing(manager, store, fail, fault):
    """One listing for each parent: an analysis that has one shows that DSS has them."""
    add_analyses(store)
    store.add(ML_TASK, KEY, "ana00001/ml000001", taskType="PREDICTION", name="T")
    reader = manager("project", "ml_task")
    fail("lab/ana00002/models", fault)
    state = reader.sync_project(KEY, on_error="keep")
    assert "500" not in state.unknown[f"ml_task.{KEY}.*"]
    assert not state.unsupported


def test_nested_listings_that_are_all_missing(manager, store, fail):
    """DSS responds so for each analysis, as the Free edition does for zones."""
    add_analyses(store)
    reader = manager("project", "ml_task")
    fail("lab/ana", MISSING)
    assert reader.sync_project(KEY).unsupported == ["ml_task"]
    fail("lab/ana00002", MISSING)  # DSS has those of the other.
    with pytest.raises(SyncError, match="lists ana00002"):
        reader.sync_project(KEY)


@lacking
def test_object_that_a_listing_needs_says_nothing_of_the_type(manager, fail, fault):
    """The tree of the library was there, so DSS has one."""
    fail("libraries/contents/external-libraries.json", fault)
    with pytest.raises(SyncError, match="library_file.*external-libraries") as raised:
        manager("project", "library_file").sync_project(KEY)
    assert list(raised.value.failures) == [f"library_file.{KEY}.*"]


def test_project_that_is_gone_is_not_an_unsupported_type(manager, fail):
    """The project itself is asked for."""
    fail("", MISSING)
    with pytest.raises(ProjectNotVisibleError):
        manager("web_app").sync_project(KEY)


def test_license_without_the_api_is_not_an_unsupported_type(manager, fail):
    """Then nothing can be read at all."""
    fail("", UNLICENSED[0])
    with pytest.raises(Exception, match="license does not allow") as raised:
        manager("web_app").sync_project(KEY)
    assert not isinstance(raised.value, TypeNotSupportedError)


@pytest.mark.all_types
def test_missing_permission_is_unknown_and_names_the_listing(run, fail):
    """The project itself can be read."""
    assert run("sync", "--project", KEY)[0] == 0
    fail("dashboards", FORBIDDEN)
    code, out, _ = run("drift")
    assert code == 3
    flat = " ".join(out.split())
    assert f"denies the API key access to the dashboards of project {KEY}" in flat
    assert f"Ask for permission to read the dashboards of project {KEY}" in flat


@pytest.mark.all_types
@lacking
def test_doctor_does_not_mind(run, fail, fault):
    """A project without them is readable."""
    fail("flow/zones", fault)
    code, out, err = run("doctor", "--project", KEY)
    assert f"project {KEY}" in out and code == 0, out + err
