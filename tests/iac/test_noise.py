"""Noise that DSS writes into objects that nobody edited, read through the real client.

What is noise, and how often it was seen, is counted over the histories of public
repositories; each case is one row of that table.
"""

import copy
import json
from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, Resource, State, StateManager
from dataikuapi.iac.sandbox import ProjectStore

KEY = "SHOP"
TYPES = """
    project dataset recipe web_app saved_model api_service sql_notebook wiki_article
    """.split()
ENGINE = {
    "sparkConfig": {"inheritConf": "default", "conf": []},
    "pipelineAllowStart": True,
}
READ = {"mode": "AUTO", "autoModeRepartitionInto": 10, "map": {}}
HIVE = {
    "skipPrerunValidate": False,
    "hiveconf": [],
    "inheritConf": "default",
    "addDkuUdf": False,
    "executionEngine": "HIVESERVER2",
}
GROUPS = [
    {"group": "data_team", "admin": False, "readProjectContent": True},
    {"group": "admins", "admin": True},
    {"user": "data_team", "admin": False},
    {"user": "anna", "admin": True},
]
EXPOSED = [
    {
        "type": "DATASET",
        "localName": "orders",
        "rules": [
            {"targetProject": "B", "appearOnFlow": True},
            {"targetProject": "A", "appearOnFlow": True},
        ],
    },
    {"type": "SAVED_MODEL", "localName": "orders", "rules": []},
    {"type": "DATASET", "localName": "clients", "rules": []},
]
AUTHORIZATIONS = [
    {"objectRef": {"objectType": "DATASET", "objectId": "b"}, "modes": ["READ"]},
    {
        "objectRef": {"objectType": "DATASET", "objectId": "a"},
        "modes": ["READ", "DISCOVER"],
    },
]
PARAMS = {
    "name": "Shop",
    "projectAppType": "REGULAR",
    "permissions": GROUPS,
    "exposedObjects": {"objects": EXPOSED},
    "dashboardAuthorizations": {
        "allAuthorized": False,
        "authorizations": AUTHORIZATIONS,
    },
    "additionalDashboardUsers": {"users": [{"login": "b"}, {"login": "a"}]},
}


@pytest.fixture
def compare(serve, tmp_path):
    """Return a function that syncs a project's files, then others, and compares."""
    store = ProjectStore()
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        backend = LocalFileBackend(tmp_path / "x.json")
        manager = StateManager(backend, client, "x", types=TYPES)

        def report(before, after):
            load(store, before)
            manager.save_state(manager.sync_project(KEY))
            load(store, after)
            return manager.drift(KEY)

        yield report


def load(store, files):
    contents = {
        path: content if isinstance(content, bytes) else json.dumps(content).encode()
        for path, content in {"params.json": PARAMS, **files}.items()
    }
    store.load_files(KEY, contents)


def changes(report):
    return [str(change) for diff in report.changed for change in diff.changes]


def recipe(payload=None, recipe_type="sync", **document):
    files = {"recipes/r.json": {"type": recipe_type, **document}}
    if payload is not None:
        files[f"recipes/r.{recipe_type}"] = payload
    return files


def engines(**params):
    return recipe(params={"engineParams": params} if params else {})


def spark(**params):
    return engines(spark={**ENGINE, **params})


def prepare(**payload):
    return recipe({"steps": [{"type": "FillEmpty"}], **payload}, "shaker")


def dataset(**document):
    return {"datasets/d.json": {"type": "Filesystem", "params": {}, **document}}


def inputs(**dep):
    items = [{"ref": "d", "deps": [{"func": "equals", **dep}]}]
    return recipe(inputs={"main": {"items": items}})


def web_app(**infra):
    document = {"type": "DASH", "name": "Map", "params": {"infra": infra}}
    return {"web_apps/Wa12Bb3.json": document}


def saved_model(**task):
    document = {"name": "Churn", "miniTask": {"taskType": "PREDICTION", **task}}
    return {"saved_models/Mo12De34.json": document}


def custom_fields(path, others=None, **document):
    """Return a file without custom fields, and with an empty object of them."""
    files = {**(others or {}), path: document}
    return files, {**files, path: {**document, "customFields": {}}}


SCALING = {
    "hpa": False,
    "hpaTargetCPUPercent": 0,
    "hpaMetrics": [],
    "hpaMinPods": 0,
    "hpaMaxPods": 0,
    "hpaAnnotations": [],
}
"""What an upgrade writes beside the number of replicas."""


NOISE = {
    "repartition of an input": (
        spark(readParams=READ),
        spark(readParams={**READ, "map": {"d": {"repartition": 10}}}),
    ),
    "repartition and cache of an input": (
        spark(readParams=READ),
        spark(readParams={**READ, "map": {"d": {"repartition": 10, "cache": False}}}),
    ),
    "how Spark reads": (spark(), spark(readParams=READ)),
    "metastore": (spark(), spark(useGlobalMetastore=False)),
    "validation of an engine": (spark(), spark(skipPrerunValidate=False)),
    "execution engine": (spark(), spark(executionEngine="SPARK_SUBMIT")),
    "native processors": (spark(), spark(useNativeProcessors=True)),
    "Hive": (spark(), engines(spark=ENGINE, hive=HIVE)),
    "Impala": (spark(), engines(spark=ENGINE, impala={"forceStreamMode": True})),
    "SQL pipelines": (
        engines(),
        engines(
            sqlPipelineParams={"pipelineAllowMerge": True, "pipelineAllowStart": True}
        ),
    ),
    "Synapse": (engines(), engines(synapseParams={"usePolybase": False})),
    "running activities": (recipe(), recipe(maxRunningActivities=0)),
    "optional dependencies": (recipe(), recipe(optionalDependencies=False)),
    "validation of a recipe": (recipe(), recipe(params={"skipPrerunValidate": False})),
    "container": (
        recipe(),
        recipe(params={"containerSelection": {"containerMode": "INHERIT"}}),
    ),
    "variables in dependencies": (inputs(), inputs(expandVariables=False)),
    "displayed columns": (
        prepare(),
        prepare(
            columnsSelection={"mode": "SELECT", "list": [{"name": "a", "d": False}]}
        ),
    ),
    "preview of a step": (
        prepare(),
        prepare(steps=[{"type": "FillEmpty", "preview": True}]),
    ),
    "preview in a group of steps": (
        prepare(steps=[{"metaType": "GROUP", "steps": [{"type": "FillEmpty"}]}]),
        prepare(
            steps=[
                {
                    "metaType": "GROUP",
                    "steps": [{"type": "FillEmpty", "preview": False}],
                }
            ]
        ),
    ),
    "kept columns": (
        recipe({}, "prediction_scoring"),
        recipe({"keptInputColumns": []}, "prediction_scoring"),
    ),
    **{
        f"computed columns of {name}": (
            recipe({}, name),
            recipe({"computedColumns": [], "outputColumnNameOverrides": {}}, name),
        )
        for name in ("join", "grouping", "window")
    },
    "build checks that are renamed": (
        dataset(metricsChecks={"checks": [], "runOnBuild": False}),
        dataset(metricsChecks={"checks": [], "monitor": False}),
    ),
    **{
        f"{count} replicas that are renamed": (
            web_app(nbReplicas=count),
            web_app(scaling={"initialReplicas": count, **SCALING}),
        )
        for count in (1, 3)
    },
    "scaling of a web app": (
        web_app(),
        web_app(
            scaling={
                "initialReplicas": 1,
                "progressDeadlineSeconds": 600,
                "hpaTargetMemoryPercent": 0,
                **SCALING,
            }
        ),
    ),
    "sample of a saved model": (
        saved_model(splitParams={"instanceIdRefresher": 1}),
        saved_model(splitParams={"instanceIdRefresher": 2}),
    ),
    "sample of a saved model that clusters": (
        saved_model(sampling={"instanceIdRefresher": 1}),
        saved_model(sampling={"instanceIdRefresher": 2}),
    ),
    "custom fields of an API service": custom_fields(
        "lambda_services/churn.json", endpoints=[]
    ),
    "custom fields of a SQL notebook": custom_fields(
        "notebooks/sql/Sq12Nb34/params.json", cells=[]
    ),
    "custom fields of an article": custom_fields(
        "wiki/articles/1.json",
        {"wiki/taxonomy.json": {"taxonomy": [{"id": 1, "children": []}]}},
        name="Home",
    ),
}


@pytest.mark.parametrize("case", NOISE)
def test_noise_is_no_drift(case, compare):
    before, after = NOISE[case]
    assert changes(compare(before, after)) == []
    assert changes(compare(after, before)) == []


CONFIGURATION = {
    "repartition of an input": (
        spark(readParams=READ),
        spark(readParams={**READ, "map": {"d": {"repartition": 20}}}),
    ),
    "cache of an input": (
        spark(readParams=READ),
        spark(readParams={**READ, "map": {"d": {"repartition": 10, "cache": True}}}),
    ),
    "how Spark reads": (
        spark(readParams=READ),
        spark(readParams={**READ, "mode": "MANUAL"}),
    ),
    "metastore": (spark(), spark(useGlobalMetastore=True)),
    "execution engine": (spark(), spark(executionEngine="HIVESERVER2")),
    "native processors": (spark(), spark(useNativeProcessors=False)),
    "Hive": (engines(hive=HIVE), engines(hive={**HIVE, "addDkuUdf": True})),
    "Synapse": (engines(), engines(synapseParams={"usePolybase": True})),
    "SQL pipelines": (
        engines(),
        engines(
            sqlPipelineParams={"pipelineAllowMerge": False, "pipelineAllowStart": True}
        ),
    ),
    "running activities": (recipe(), recipe(maxRunningActivities=5)),
    "optional dependencies": (recipe(), recipe(optionalDependencies=True)),
    "container": (
        recipe(),
        recipe(params={"containerSelection": {"containerMode": "NONE"}}),
    ),
    "variables in dependencies": (inputs(), inputs(expandVariables=True)),
    "a disabled step": (
        prepare(),
        prepare(steps=[{"type": "FillEmpty", "disabled": True}]),
    ),
    "a parameter of a step called preview": (
        prepare(steps=[{"type": "x", "params": {"preview": False}}]),
        prepare(steps=[{"type": "x", "params": {"preview": True}}]),
    ),
    "kept columns": (
        recipe({}, "prediction_scoring"),
        recipe({"keptInputColumns": ["a"]}, "prediction_scoring"),
    ),
    "computed columns": (recipe({}, "join"), recipe({"computedColumns": [{}]}, "join")),
    "no columns of another type": (
        recipe({}, "topn"),
        recipe({"computedColumns": []}, "topn"),
    ),
    "monitoring": (
        dataset(metricsChecks={"checks": [], "monitor": False}),
        dataset(metricsChecks={"checks": [], "monitor": True}),
    ),
    "replicas": (web_app(nbReplicas=1), web_app(nbReplicas=2)),
    "replicas that are changed by an upgrade": (
        web_app(nbReplicas=2),
        web_app(scaling={"initialReplicas": 3, **SCALING}),
    ),
    "automatic scaling": (web_app(), web_app(scaling={**SCALING, "hpa": True})),
    "how a saved model was split": (
        saved_model(splitParams={"kfold": False}),
        saved_model(splitParams={"kfold": True}),
    ),
}


@pytest.mark.parametrize("case", CONFIGURATION)
def test_another_value_at_the_same_place_is_drift(case, compare):
    report = compare(*CONFIGURATION[case])
    assert len(changes(report)) == 1 and report.exit_code == 2


# Sets


def params(**parts):
    return {"params.json": {**copy.deepcopy(PARAMS), **parts}}


def reordered():
    """Return the project with each of its sets in another order."""
    exposed: list[Any] = copy.deepcopy(EXPOSED[::-1])
    exposed[-1]["rules"].reverse()
    authorizations: list[Any] = copy.deepcopy(AUTHORIZATIONS[::-1])
    authorizations[0]["modes"].reverse()
    dashboards = {"allAuthorized": False, "authorizations": authorizations}
    return params(
        permissions=GROUPS[::-1],
        exposedObjects={"objects": exposed},
        dashboardAuthorizations=dashboards,
        additionalDashboardUsers={"users": [{"login": "a"}, {"login": "b"}]},
    )


def test_order_of_sets_is_no_drift(compare):
    assert compare({}, reordered()).exit_code == 0


def test_state_that_was_stored_with_unsorted_sets_is_no_drift_either(compare):
    before, after = State(), State()
    for state, groups in ((before, GROUPS), (after, GROUPS[::-1])):
        attributes: dict[str, Any] = {
            "permissions": {"owner": "a", "permissions": groups}
        }
        state.add_resource(Resource("project", "project.SHOP", attributes))
    assert DiffEngine().summary(DiffEngine().diff(before, after))["unchanged"] == 1


def test_changed_permission_is_named_by_its_group_or_user(compare):
    groups = copy.deepcopy(GROUPS[::-1])
    groups[0]["admin"] = False
    groups[-1]["admin"] = True
    report = compare({}, params(permissions=groups))

    assert changes(report) == [
        "~ permissions.permissions[group data_team].admin",
        "~ permissions.permissions[user anna].admin",
    ]


def test_new_permission_is_one_addition(compare):
    robot = {"user": "o'neill [bot]", "admin": True}
    report = compare({}, params(permissions=[robot, *GROUPS]))

    assert changes(report) == ['+ permissions.permissions["user o\'neill [bot]"]']


def test_changed_exposed_object_is_named_by_type_and_name(compare):
    exposed: list[Any] = copy.deepcopy(EXPOSED[::-1])
    exposed[-1]["rules"][0]["appearOnFlow"] = False
    del exposed[-1]["rules"][1]
    report = compare({}, params(exposedObjects={"objects": exposed[1:]}))

    assert changes(report) == [
        "- exposedObjects.objects[DATASET clients]",
        "- exposedObjects.objects[DATASET orders].rules[A]",
        "~ exposedObjects.objects[DATASET orders].rules[B].appearOnFlow",
    ]


def test_repeated_permission_is_still_compared_as_a_set(compare):
    twice = [*GROUPS, {"group": "admins", "admin": False}]
    before, after = params(permissions=twice), params(permissions=twice[::-1])

    assert compare(before, after).exit_code == 0


def test_rule_ignores_one_member_of_a_set(compare, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rule = 'project.* "permissions.permissions[group data_team].admin"'
    tmp_path.joinpath(".dataikuignore").write_text(rule)
    groups = copy.deepcopy(GROUPS)
    groups[0]["admin"] = True

    assert compare({}, params(permissions=groups)).exit_code == 0


def test_baseline_accepts_changes_in_sets(compare, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    groups = copy.deepcopy(GROUPS)
    groups[0]["admin"] = True
    after = params(permissions=[*groups, {"user": "a/b ~*", "admin": True}])
    assert compare({}, after).write_baseline(".dataikuignore") == 2

    assert compare({}, after).exit_code == 0
    groups[1]["admin"] = False
    assert compare({}, params(permissions=groups)).exit_code == 2


# Parts of a project that are not in its settings


def test_app_template_is_drift(compare):
    report = compare({}, params(projectAppType="APP_TEMPLATE"))

    assert changes(report) == ["~ projectAppType"]
    assert '~ projectAppType: "REGULAR" -> "APP_TEMPLATE"' in str(report)


def test_settings_of_bundles_are_drift(compare):
    exporter = {"exportOptions": {"exportUploads": True}}
    remapping = {"remapping": {"connections": [{"source": "a", "target": "b"}]}}
    before = params(bundleContainerSettings=remapping)
    after = params(
        bundleExporterSettings=exporter,
        bundleContainerSettings={"remapping": {"connections": []}},
    )

    assert changes(compare(before, after)) == [
        "- bundleContainerSettings.remapping.connections[0]",
        "+ bundleExporterSettings",
    ]


def test_state_of_an_earlier_version_gains_new_attributes_without_drift(
    serve, tmp_path
):
    """Until a sync records them, the report says so and the exit code stays 0."""
    store = ProjectStore()
    load(store, params(bundleExporterSettings={"exportOptions": {}}))
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        manager = StateManager(LocalFileBackend(tmp_path / "x.json"), client, "x")
        old = manager.sync_project(KEY)
        (project,) = old.list_resources()
        for name in ("projectAppType", "bundleExporterSettings"):
            del project.attributes[name]
        manager.save_state(old)
        report = manager.drift()

        assert (report.exit_code, changes(report)) == (0, [])
        assert "No changes. 1 unchanged." in str(report)
        assert (
            "project.SHOP: bundleExporterSettings not compared: the old state was read "
            "by a version of this library that did not record it; a sync records it"
        ) in " ".join(str(report).split())
        manager.refresh()
        assert "not compared" not in str(manager.drift())
        load(store, params(bundleExporterSettings={"exportOptions": {"a": 1}}))
        assert changes(manager.drift()) == ["+ bundleExporterSettings.exportOptions.a"]
