"""References as DSS writes them: to which objects they lead, by the real client."""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager, render_json
from dataikuapi.iac.analysis.dangling import dangling_references
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sandbox.kinds.agent import AGENT
from dataikuapi.iac.sandbox.kinds.agent_tool import AGENT_TOOL
from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.sandbox.kinds.api_service import API_SERVICE
from dataikuapi.iac.sandbox.kinds.app_manifest import APP_MANIFEST
from dataikuapi.iac.sandbox.kinds.dashboard import DASHBOARD
from dataikuapi.iac.sandbox.kinds.flow_zone import FLOW_ZONE
from dataikuapi.iac.sandbox.kinds.insight import INSIGHT
from dataikuapi.iac.sandbox.kinds.ml_task import ML_TASK
from dataikuapi.iac.sandbox.kinds.notebook import NOTEBOOK
from dataikuapi.iac.sandbox.kinds.saved_model import SAVED_MODEL
from dataikuapi.iac.sandbox.kinds.scenario import SCENARIO
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.lookup import references_of

AGENT_ID = "Ag12En34"
NAMES = [kind.name for kind in TYPES.values() if not kind.is_on_instance]


def steps(*items):
    """Return the params of a scenario, from types and params of its steps."""
    found = [
        {"id": f"s{number}", "type": kind, "params": params}
        for number, (kind, params) in enumerate(items)
    ]
    return {"steps": found}


@pytest.fixture
def store():
    """Two projects; SHOP has an agent, and CRM what SHOP uses."""
    store = ProjectStore()
    store.add_project("CRM")
    store.add_dataset("CRM", "customers")
    store.add(SCENARIO, "CRM", "NIGHTLY", type="step_based", name="Nightly")
    store.add_project("SHOP")
    store.add_dataset("SHOP", "orders")
    store.add(SCENARIO, "SHOP", "HOURLY", type="step_based", name="Hourly")
    store.add(AGENT, "SHOP", AGENT_ID, name="Ada", type="PYTHON_AGENT", versions=[])
    return store


@pytest.fixture
def manager(server, tmp_path):
    """A manager that reads all types of projects."""
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    client = DSSClient(server.url, server.api_key)
    return StateManager(backend, client, "dev", types=NAMES)


@pytest.fixture
def dangling(manager):
    """Return a function that lists what is referred to but does not exist."""
    return lambda: {item.target_id for item in dangling_references(manager.sync_all())}


def test_scenario_works_on_objects_and_attaches_them(store, dangling):
    """Each list has an object that exists, and one that does not."""
    builds = [
        {"type": "SAVED_MODEL", "itemId": AGENT_ID},
        {"type": "MANAGED_FOLDER", "itemId": "built"},
    ]
    attachments = [
        {"type": "DATASET", "params": {"attachedDataset": "orders"}},
        {"type": "DATASET", "params": {"attachedDataset": "CRM.attached"}},
        {"type": "DASHBOARD_EXPORT", "params": {"dashboardId": "exported"}},
    ]
    mail = {"type": "mail-scenario", "configuration": {"attachments": attachments}}
    store.add(
        SCENARIO,
        "SHOP",
        "ALL",
        type="step_based",
        name="All",
        params=steps(("build_flowitem", {"builds": builds})),
        reporters=[{"id": "r1", "messaging": mail}],
    )
    assert dangling() == {
        "managed_folder.SHOP.built",
        "dataset.CRM.attached",
        "dashboard.SHOP.exported",
    }


def test_application_has_tiles_and_roles(store, dangling):
    """A tile runs what exists, and others are about what does not."""
    store.add_project("APP", projectAppType="APP_TEMPLATE")
    store.add(SCENARIO, "APP", "RUN.ALL", type="step_based", name="All")
    tiles = [
        {"type": "SCENARIO_RUN", "scenarioId": "RUN.ALL"},
        {"type": "SCENARIO_RUN", "scenarioId": "RUN_BY_TILE"},
        {"type": "DASHBOARD_LINK", "dashboardId": "linked"},
        {"type": "UPLOAD_DATASET_SET_FILE", "datasetName": "uploaded"},
        {"type": "MANAGED_FOLDER_ADD_FILE", "folderId": "filled"},
    ]
    as_recipe = {
        "inputRoles": [{"objectId": "taken", "type": "DATASET"}],
        "outputRoles": [{"objectId": "given", "type": "MANAGED_FOLDER"}],
        "runScenarioTile": {"scenarioId": "RUN_BY_RECIPE"},
    }
    manifest = {
        "label": "App",
        "homepageSections": [{"tiles": tiles}],
        "useAsRecipeSettings": as_recipe,
    }
    store.project("APP").objects(APP_MANIFEST).save("", manifest, "ann")
    assert dangling() == {
        "scenario.APP.RUN_BY_TILE",
        "scenario.APP.RUN_BY_RECIPE",
        "dashboard.APP.linked",
        "dataset.APP.uploaded",
        "dataset.APP.taken",
        "managed_folder.APP.filled",
        "managed_folder.APP.given",
    }


def test_api_service_looks_up_rows(store, dangling):
    lookups = [{"datasetRef": name} for name in ("orders", "CRM.looked_up")]
    endpoint = {"id": "orders", "type": "DATASETS_LOOKUP", "lookups": lookups}
    store.add(API_SERVICE, "SHOP", "service", endpoints=[endpoint])
    assert dangling() == {"dataset.CRM.looked_up"}


@pytest.mark.parametrize(
    ("llm", "expected"),
    [
        (f"agent:{AGENT_ID}", set()),
        (f"agent:{AGENT_ID}:v1", set()),
        ("agent:Gone1234", {"agent.SHOP.Gone1234"}),
        ("agent:CRM.Gone1234", {"agent.CRM.Gone1234"}),
        ("retrieval-augmented-llm:Gone1234", {"rag_model.SHOP.Gone1234"}),
        ("saved-model:openai:shared:Gone1234", {"saved_model.SHOP.Gone1234"}),
        ("openai:shared:gpt-4o", set()),
    ],
)
def test_llm_may_be_an_agent_or_a_model(store, dangling, llm, expected):
    """A connection is not read here, so that it is not missed."""
    params = {"llmId": llm}
    store.add(AGENT_TOOL, "SHOP", "Tool123", type="X", name="Tool", params=params)
    assert dangling() == expected


def explicit(name):
    return {"envMode": "EXPLICIT_ENV", "envName": name}


SPLITS = [
    ("SPLIT_SINGLE_DATASET", {"single"}),
    ("EXPLICIT_FILTERING_SINGLE_DATASET", {"filtered"}),
    ("EXPLICIT_FILTERING_TWO_DATASETS", {"train", "test"}),
]


def training(policy):
    """Return settings that name more than is used, as older versions of DSS do."""
    return {
        "envName": "left_over",
        "envSelection": explicit("py39"),
        "core": {
            "executionParams": {
                "envName": "left_over",
                "envSelection": {"envMode": "INHERIT", "envName": "unused"},
            }
        },
        "sampling": {"datasetSmartName": "CRM.customers"},
        "splitParams": {
            "ttPolicy": policy,
            "ssdDatasetSmartName": "single",
            "efsdDatasetSmartName": "filtered",
            "eftdTrain": {"datasetSmartName": "train"},
            "eftdTest": {"datasetSmartName": "test"},
        },
        "preprocessing": {"per_feature": {"ttPolicy": {}, "envSelection": {}}},
    }


@pytest.mark.parametrize(("policy", "datasets"), SPLITS)
def test_training_uses_what_its_settings_select(store, manager, policy, datasets):
    """ML tasks, train recipes and models have the same settings."""
    settings = training(policy)
    ids = ["ml_task.SHOP.An1/Ta1", "recipe.SHOP.train", "saved_model.SHOP.Mo12De34"]
    store.add(ANALYSIS, "SHOP", "An1", name="A", inputDatasetSmartName="orders")
    store.add(ML_TASK, "SHOP", "An1/Ta1", taskType="PREDICTION", **settings)
    store.add_recipe(
        "SHOP", "train", type="prediction_training", payload=json.dumps(settings)
    )
    store.add(SAVED_MODEL, "SHOP", "Mo12De34", name="Model", miniTask=settings)
    state = manager.sync_all()
    for key in ids:
        found = [
            (item.resource_type, item.project_key, item.name)
            for item in references_of(state[key])
        ]
        assert sorted(found, key=str) == sorted(
            [
                ("code_env", "@instance", "python/py39"),
                ("dataset", "CRM", "customers"),
                *(("dataset", None, name) for name in datasets),
            ],
            key=str,
        )


@pytest.mark.parametrize(
    ("params", "payload"),
    [
        ({"rules": [{"vlmSettings": {"llmId": f"agent:{AGENT_ID}"}}]}, {}),
        ({"vlmId": f"agent:{AGENT_ID}"}, {}),
        ({"defaultVlmId": f"agent:{AGENT_ID}"}, {}),
        ({}, {"llmId": f"agent:{AGENT_ID}"}),
        ({}, {"completionLLMId": f"agent:{AGENT_ID}"}),
        ({}, {"embeddingLLMId": f"agent:{AGENT_ID}"}),
    ],
)
def test_recipes_use_llms(store, manager, params, payload):
    text = json.dumps(payload)
    store.add_recipe("SHOP", "embed", type="prompt", params=params, payload=text)
    manager.save_state(manager.sync_all())
    store.project("SHOP").objects(AGENT).remove(AGENT_ID)
    report = " ".join(str(manager.drift()).split())
    missing = f"agent.SHOP.{AGENT_ID}, which does not exist"
    assert f"! recipe.SHOP.embed refers to {missing}" in report


def test_agent_uses_tools_banks_and_llms_at_any_depth(store, dangling):
    other = f"agent:{AGENT_ID}"
    guardrails = {"relevancySettings": {"llmId": "agent:Gone1234"}}
    version = {
        "versionId": "v1",
        "pythonAgentSettings": {"codeEnvSelection": explicit("py39")},
        "toolsUsingAgentSettings": {"tools": [{"toolRef": "Tool123"}], "llmId": other},
        "ragllmSettings": {"kbRef": "Bank1234", "ragSpecificGuardrails": guardrails},
    }
    store.add(AGENT, "SHOP", "Ag12En35", name="B", type="X_AGENT", versions=[version])
    assert dangling() == {
        "agent_tool.SHOP.Tool123",
        "knowledge_bank.SHOP.Bank1234",
        "agent.SHOP.Gone1234",
    }


def test_names_with_dots(store, manager):
    """A plain name is never split, and a smart one may have a dot of its own."""
    dotted = "join_CRM.customers.v2"
    store.add(SCENARIO, "SHOP", "TEST.CHAR", type="step_based", name="Test")
    store.add_recipe("SHOP", dotted, type="python", payload="x")
    runs = ("run_scenario", {"projectKey": "SHOP", "scenarioId": "TEST.CHAR"})
    store.add(
        SCENARIO, "SHOP", "ALL", type="step_based", name="All", params=steps(runs)
    )
    for number, name in enumerate(("TEST.CHAR", "SHOP.TEST.CHAR", "CRM.NIGHTLY")):
        kind, params = "scenario_last_runs", {"scenarioSmartId": name}
        store.add(INSIGHT, "SHOP", f"In1234{number}", type=kind, name="", params=params)
    metadata = {"associatedRecipe": dotted}
    store.add(NOTEBOOK, "SHOP", "join", cells=[], metadata=metadata)
    items = [{"objectId": dotted, "objectType": "RECIPE"}]
    store.add(FLOW_ZONE, "SHOP", "q7LmT2a", name="Zone", color="#fff", items=items)
    state = manager.sync_all()
    assert dangling_references(state) == []
    manager.save_state(state)
    store.project("SHOP").objects(SCENARIO).remove("TEST.CHAR")
    store.project("SHOP").recipes.remove(dotted)
    report = " ".join(str(manager.drift()).split())
    assert (
        "! insight.SHOP.In12340, insight.SHOP.In12341, scenario.SHOP.ALL refer to "
        "scenario.SHOP.TEST.CHAR, which does not exist"
    ) in report
    assert (
        f"! flow_zone.SHOP.q7LmT2a, notebook.SHOP.join refer to recipe.SHOP.{dotted}, "
        "which does not exist"
    ) in report
    assert "CRM.NIGHTLY, which" not in report


def test_key_beside_a_name_leaves_no_doubt(store, dangling):
    """Only a smart name may be one with a dot, in the same project."""
    store.add(SCENARIO, "SHOP", "CRM.GONE", type="step_based", name="Test")
    runs = ("run_scenario", {"projectKey": "CRM", "scenarioId": "GONE"})
    store.add(
        SCENARIO, "SHOP", "ALL", type="step_based", name="All", params=steps(runs)
    )
    assert dangling() == {"scenario.CRM.GONE"}


def test_renamed_scenario_with_a_dot_is_the_same(store, manager):
    """What shows it is renamed at once with it, and is the same as well."""

    def add(scenario, insight):
        more = {"type": "step_based", "active": True, "tags": ["nightly"]}
        store.add(SCENARIO, "SHOP", scenario, name="Test", **more)
        params = {"scenarioSmartId": scenario}
        kind = "scenario_last_runs"
        store.add(INSIGHT, "SHOP", insight, type=kind, name="Runs", params=params)

    add("TEST.CHAR", "In12340")
    manager.save_state(manager.sync_all())
    objects = store.project("SHOP").objects
    objects(SCENARIO).remove("TEST.CHAR")
    objects(INSIGHT).remove("In12340")
    add("TEST.STAFF", "In12341")
    report = " ".join(str(manager.drift()).split())
    assert "In12340 (renamed to In12341)" in report


def test_report_counts_users_as_downstream(store, manager):
    """Those of a changed dataset, but not the zone that it is in."""
    items = [{"objectId": "orders", "objectType": "DATASET"}]
    store.add(FLOW_ZONE, "SHOP", "q7LmT2a", name="Zone", color="#fff", items=items)
    builds = {"builds": [{"type": "DATASET", "itemId": "orders"}]}
    params = steps(("build_flowitem", builds))
    store.add(SCENARIO, "SHOP", "ALL", type="step_based", name="All", params=params)
    shown = {"datasetSmartName": "orders"}
    store.add(INSIGHT, "SHOP", "In12340", type="chart", name="", params=shown)
    pages = [{"grid": {"tiles": [{"insightId": "In12340"}]}}]
    store.add(DASHBOARD, "SHOP", "Da12345", name="Board", pages=pages)
    manager.save_state(manager.sync_all())
    datasets = store.project("SHOP").datasets
    columns = [{"name": "id", "type": "string"}]
    document = {**datasets.get("orders"), "schema": {"columns": columns}}
    datasets.save("orders", document, "ann")
    report = manager.drift()
    assert "3 downstream" in " ".join(str(report).split())
    (entry,) = json.loads(render_json(report.diffs))["resources"]
    assert entry["downstream"] == [
        "dashboard.SHOP.Da12345",
        "insight.SHOP.In12340",
        "scenario.SHOP.ALL",
    ]


def test_dataset_has_the_files_and_the_metrics_of_others(store, dangling):
    files = {"folderSmartId": "CRM.Folder12"}
    store.add_dataset("SHOP", "files", type="FilesInFolder", params=files)
    for number, name in enumerate(("orders", "gone")):
        params = {"smartName": name, "scope": "SINGLE_OBJECT", "view": "CHECKS_LAST"}
        store.add_dataset("SHOP", f"checks{number}", type="JobsDB", params=params)
    assert dangling() == {"managed_folder.CRM.Folder12", "dataset.SHOP.gone"}


def test_uploaded_files_are_in_a_connection(store, manager):
    params = {"files": ["/a.csv"], "uploadedConfig": {"connection": "lake"}}
    store.add_dataset("SHOP", "upload", type="UploadedFiles", params=params)
    (found,) = references_of(manager.sync_all()["dataset.SHOP.upload"])
    assert (found.resource_type, found.name) == ("connection", "lake")


def joining(name):
    return {"steps": [{"type": "Join", "params": {"rightInput": name}}]}


def test_steps_join_datasets(store, dangling):
    payload = json.dumps(joining("CRM.joined"))
    store.add_recipe("SHOP", "prepare", type="shaker", payload=payload)
    explored = {"inputDatasetSmartName": "orders", "script": joining("explored")}
    store.add(ANALYSIS, "SHOP", "An1", name="A", **explored)
    assert dangling() == {"dataset.CRM.joined", "dataset.SHOP.explored"}


def test_project_has_data_in_bundles(store, manager):
    """What a dashboard may show stays authorized when it is deleted."""
    options = {
        "includedDatasetsData": [{"name": "kept"}],
        "includedManagedFolders": [{"id": "Folder12"}],
        "includedSavedModels": [{"id": AGENT_ID}, {"id": "Model123"}],
        "includedModelEvaluationStores": [{"id": "Store123"}],
    }
    shown = {"objectRef": {"objectType": "DATASET", "objectId": "shown"}}
    store.add_project(
        "APP",
        bundleExporterSettings={"exportOptions": options},
        dashboardAuthorizations={"authorizations": [{**shown, "modes": ["READ"]}]},
    )
    missing = {item.target_id for item in dangling_references(manager.sync_all())}
    assert missing == {
        "dataset.APP.kept",
        "managed_folder.APP.Folder12",
        "saved_model.APP.Model123",
        f"saved_model.APP.{AGENT_ID}",
        "evaluation_store.APP.Store123",
    }
