"""What DSS may answer for one type, for each type there is, as a user sees it.

It ends as "not supported", told once, as unknown, with the reason, or as removed; never
as removed by mistake, and never as a bug.
"""

import re
from urllib.parse import unquote

import pytest

from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.sandbox.kinds import registry
from dataikuapi.iac.sandbox.kinds.app_manifest import APP_MANIFEST
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.project import PROJECT
from dataikuapi.iac.sandbox.kinds.project_folder import PROJECT_FOLDER
from dataikuapi.iac.sandbox.kinds.wiki import WIKI
from dataikuapi.iac.sandbox.kinds.wiki_article import WIKI_ARTICLE
from dataikuapi.iac.types import TYPES
from iac.type_samples import add_objects

pytestmark = [pytest.mark.all_types, pytest.mark.campaign]

KEY = SAMPLE_PROJECT_KEY
EXCEPTIONS = "com.dataiku.dip.exceptions."
LACKING = (
    Fault.page(404),
    Fault.error(404, f"{EXCEPTIONS}NotFoundException", "Not found"),
    Fault.error(403, f"{EXCEPTIONS}UnauthorizedException", "license does not allow it"),
)
FAILING = (
    Fault.error(403, f"{EXCEPTIONS}UnauthorizedException", "You may not read it"),
    Fault.error(500, "java.lang.NullPointerException", "null"),
)
ANSWERS_IN_LISTING = {"dataset", "flow_zone", "connection", "plugin"}
"""Types of which the listing has whole objects, so that none is read by itself."""

BUILT_IN = {"flow_zone.ORDERS_DEMO.default", "project_folder.@instance.ROOT"}
"""Objects that cannot be deleted."""

each_type = pytest.mark.parametrize(
    "name", [name for name in TYPES if name != "project"]
)
each_named_type = pytest.mark.parametrize(
    "name",
    [n for n, kind in TYPES.items() if n != "project" and kind.identity.is_named],
)


@pytest.fixture
def store(store):
    """The sample project, as an application, with objects of all types."""
    store.instance.add(CONNECTION, "pg", type="PostgreSQL")
    store.instance.add(PROJECT_FOLDER, "f1", name="Sales", parentId="ROOT")
    for name in TYPES:
        kind = getattr(registry, name.upper())
        if kind in registry.INSTANCE_KINDS:
            ids = {f"{name}.{INSTANCE}.{each}" for each in store.instance.names(kind)}
        else:
            objects = store.project(KEY).objects(kind)
            ids = {f"{name}.{KEY}.{each}" for each in objects.names()}
        if ids <= BUILT_IN:
            add_objects(store, KEY, name)
    project = store.project(KEY)
    params = {**PROJECT.params(project), "projectAppType": "APP_TEMPLATE"}
    PROJECT.save(project, params, "ann")
    project.objects(APP_MANIFEST).save("", {"label": "Orders"}, "ann")
    return store


@pytest.fixture
def state(tmp_path):
    """Return a function that loads the stored state."""
    return LocalFileBackend(tmp_path / ".dataiku/state/dev.state.json").load


def remove(store, resource_id):
    """Remove an object from the sandbox."""
    rid = ResourceId.parse(resource_id)
    kind, name = getattr(registry, rid.resource_type.upper()), rid.resource_name
    if kind in registry.INSTANCE_KINDS:
        names = store.instance.names(kind)
        spelling = next(each for each in names if each.lower() == name.lower())
        store.instance.remove(kind, spelling)
        return
    store.project(KEY).objects(kind).remove(name)
    if kind is WIKI_ARTICLE:
        WIKI.remove(store.project(KEY), name, "ann")


def options(name):
    """Return the options that select a type, and another that can be read."""
    if TYPES[name].is_on_instance:
        other = "plugin" if name == "group" else "group"
        return ("--instance", "--type", name, "--type", other)
    return ("--project", KEY, "--type", "project", "--type", name)


def answer_with(server, name, fault):
    """Let DSS answer so whatever is requested of a type."""
    kind = TYPES[name]
    paths = [
        re.compile(re.sub(r"\{\w+}", "[^/]+", re.sub(r"\{\w+:path}", ".+", path)))
        for path in {*kind.responses, *kind.shared_responses}
        - {*TYPES["project"].responses}
    ]
    server.faults = lambda method, path: (
        fault
        if any(each.fullmatch(path) or each.fullmatch(f"{path}/") for each in paths)
        else None
    )


@each_type
def test_what_dss_lacks_is_told_once(run, server, name):
    """Whatever DSS answers in place of it; that is no failure."""
    for fault in LACKING:
        answer_with(server, name, fault)
        for command in ("sync", "drift"):
            code, out, err = run(command, *options(name))
            assert code == 0, out + err
            assert (out + err).count(f"not supported by this DSS: {name}") == 1


@each_type
def test_what_could_not_be_read_is_unknown(run, server, state, name):
    """It is told why, and nothing of it is removed, whatever the command."""
    assert run("sync", *options(name))[0] == 0
    stored = state().resources.keys()
    for fault in (*LACKING, *FAILING):
        answer_with(server, name, fault)
        for command in ("drift", "refresh", "sync"):
            code, out, err = run(command, *options(name))
            assert code in (1, 3), out + err
            assert f"- {name}." not in out and "not supported by" not in out + err
            assert f"{name}." in out + err
        one = next(key for key in stored if key.startswith(f"{name}."))
        for command in ("drift", "refresh"):
            code, out, err = run(command, one)
            assert code in (1, 3) or name in ANSWERS_IN_LISTING, out + err
            assert f"- {name}." not in out
    server.faults = None
    assert state().resources.keys() == stored
    assert run("drift", *options(name))[0] == 0


@each_named_type
def test_object_deleted_while_all_are_read(run, server, store, state, name):
    """It is removed if it is certain that it is gone, and unknown if not."""
    assert run("sync", *options(name))[0] == 0
    ids = [item.resource_id for item in state().list_resources(name)]
    one = next(key for key in reversed(ids) if key not in BUILT_IN)
    last = ResourceId.parse(one).resource_name.rpartition("/")[2]
    pending = [one]

    def delete(method, path):
        if pending and last in unquote(path).split("/"):
            remove(store, pending.pop())

    server.faults = delete
    code, out, err = run("drift", *options(name))
    if name in ANSWERS_IN_LISTING:
        assert code == 0 and pending
        remove(store, pending.pop())
    elif code == 2:
        assert f"- {one}" in out and "1 removed" in out
    else:
        assert code == 3 and f"lists {one}, and has none" in " ".join(out.split())
    for arguments in (options(name), (one,)):
        code, out, err = run("drift", *arguments)
        assert (code, f"- {one}" in out, "1 removed" in out) == (2, True, True), err
    assert run("refresh", one)[0] == 0
    assert not state().has_resource(one)
    assert run("drift", *options(name))[0] == 0


def test_older_dss_is_told_once(store, serve, run, monkeypatch):
    """With all that is read by default."""
    store.is_older = True
    with serve(store) as older:
        monkeypatch.setenv("DATAIKU_HOST", older.url)
        code, out, err = run("sync", "--project", KEY)
    (line,) = re.findall("not supported by this DSS: (.*)", out + err)
    recent = {
        name
        for name, kind in TYPES.items()
        if getattr(registry, name.upper()).is_recent and kind.is_watched_by_default
    }
    assert code == 0 and recent and set(line.split(", ")) == recent
