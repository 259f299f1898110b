"""Reading ML tasks."""

from typing import Any, ClassVar

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import ResourceNotFoundError, StateManager
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.sandbox.kinds.ml_task import ML_TASK
from dataikuapi.iac.types.lookup import facts_of, references_of
from iac.typed import KEY, TypeContract, changed_ids

CODE = 'url = "postgresql://dss:kV7tarragon@pg.example.com/shop"\n'


def feature(code=""):
    return {
        "role": "INPUT",
        "type": "NUMERIC",
        "numerical_handling": "REGULAR",
        "rescaling": "AVGSTD",
        "customHandlingCode": code,
    }


SPLIT = {"ttPolicy": "SPLIT_SINGLE_DATASET", "ssdTrainingRatio": 0.8, "ssdSeed": 1337}
CHURN = {
    "name": "Predict churned (binary)",
    "taskType": "PREDICTION",
    "predictionType": "BINARY_CLASSIFICATION",
    "targetVariable": "churned",
    "backendType": "PY_MEMORY",
    "splitParams": {**SPLIT, "instanceIdRefresher": 0},
    "preprocessing": {
        "per_feature": {"age": feature(), "thumbnailData": feature(CODE)}
    },
    "modeling": {
        "random_forest_classification": {"enabled": True, "n_estimators": {"max": 100}},
        "custom_python": [{"enabled": True, "name": "ours", "code": CODE}],
        "metrics": {"evaluationMetric": "ROC_AUC"},
    },
    "envSelection": {"envMode": "EXPLICIT_ENV", "envName": "py39_ml"},
    "predictionDisplayScript": {"steps": []},
    "predictionDisplayCharts": [],
}
SEGMENTS = {
    "name": "Customer segments",
    "taskType": "CLUSTERING",
    "guessPolicy": "KMEANS",
    "sampling": {"selection": {"maxRecords": 30000}, "instanceIdRefresher": 0},
    "modeling": {"kmeans_clustering": {"enabled": True, "k": [3, 5]}},
    "preprocessing": {"per_feature": {"age": feature()}},
}
FRUIT = {
    "name": "Fruit",
    "taskType": "PREDICTION",
    "targetVariable": "label",
    "managedFolderSmartId": "Fo1dEr22",
    "modeling": {"epochs": 10, "optimizer": "ADAM"},
}


def rename(document):
    document["name"] += " (old)"


def tune(document):
    document["modeling"]["metrics"] = {"evaluationMetric": "F1"}


def run_elsewhere(document):
    document["containerSelection"] = {"containerMode": "NONE"}


def refresh(document):
    for name in ("splitParams", "sampling"):
        if name in document:
            document[name]["instanceIdRefresher"] += 1


def look_at_results(document):
    document["predictionDisplayScript"] = {"steps": [], "sorting": []}
    document["predictionDisplayCharts"] = [{"def": {"type": "lines"}}]


def save_in_newer_dss(document):
    document |= {
        "containerSelection": {"containerMode": "INHERIT"},
        "assertionsParams": {"assertions": []},
        "time": {"enabled": False, "ascending": True},
        "calibration": {"calibrationMethod": "NO_CALIBRATION"},
    }


class TestMLTask(TypeContract):
    """ML tasks: two in one analysis, one in another, none in a third."""

    resource_type = "ml_task"
    kind = ML_TASK
    objects: ClassVar[dict[str, Any]] = {
        "cH7uR2nA/tA5kCh01": CHURN,
        "cH7uR2nA/tA5kSe02": SEGMENTS,
        "fR8uI2tB/tA5kFr03": FRUIT,
    }
    others = tuple(
        (ANALYSIS, analysis, {"inputDatasetSmartName": "customers"})
        for analysis in ("cH7uR2nA", "fR8uI2tB", "eM9pT2yC")
    )
    path = "models/lab/{id}/settings"
    listing = "lab/"
    edits = (rename, tune, run_elsewhere)
    noise = (refresh, look_at_results, save_in_newer_dss)

    def put(self, client, object_id, document):
        """Save a task, which takes a POST."""
        path = f"/projects/{KEY}/{self.path.format(id=object_id)}"
        client._perform_empty("POST", path, body=document)

    def test_the_client_changes_a_task(self, manager, client):
        """It reads and saves at the same path as the library."""
        analysis = client.get_project(KEY).get_analysis("cH7uR2nA")
        ids = [item["mlTaskId"] for item in analysis.list_ml_tasks()["mlTasks"]]
        assert ids == ["tA5kCh01", "tA5kSe02"]
        settings = analysis.get_ml_task("tA5kSe02").get_settings()
        settings.get_raw()["modeling"]["kmeans_clustering"]["k"].append(7)
        settings.save()
        assert changed_ids(manager) == [self.resource_id("cH7uR2nA/tA5kSe02")]

    def test_deleting_an_analysis_deletes_its_tasks(self, manager, client):
        """DSS does so; those of another one stay."""
        client.get_project(KEY).get_analysis("cH7uR2nA").delete()
        removed = [diff.resource_id for diff in manager.drift().removed]
        assert removed == [
            self.resource_id("cH7uR2nA/tA5kCh01"),
            self.resource_id("cH7uR2nA/tA5kSe02"),
        ]

    def test_task_that_is_missing_in_its_analysis(self, manager):
        """The message names it."""
        with pytest.raises(ResourceNotFoundError, match="cH7uR2nA/nO5uCh99"):
            manager.sync_resource(self.resource_id("cH7uR2nA/nO5uCh99"))

    @pytest.mark.parametrize("answer", [{}, [], {"mlTasks": {}}], ids=repr)
    def test_bad_listing_of_one_analysis_removes_nothing(self, manager, served, answer):
        """What is in it is unknown."""
        served.faults = lambda method, path: (
            Fault.json(answer) if path.endswith("/lab/cH7uR2nA/models/") else None
        )
        report = manager.drift()
        assert not report.removed
        assert report.unknown

    def test_analyses_are_listed_once(self, served, client):
        """A sync that reads both types requests their listing once."""
        paths = []
        served.faults = lambda method, path: paths.append(path)
        read = StateManager.local(client, "dev", types=["analysis", "ml_task"])
        state = read.sync_all(projects=[KEY])
        assert len(state) == 6
        assert [path for path in paths if path.endswith("/lab/")] == [
            f"/projects/{KEY}/lab/"
        ]
        assert len([path for path in paths if "lab/" in path]) == 1 + 3 + 3 + 3

    def test_code_is_not_searched_for_secrets(self, manager):
        """Of custom models, and of features; columns may have any name."""
        task = manager.load_state()[self.resource_id("cH7uR2nA/tA5kCh01")]
        features = task.attributes["preprocessing"]["per_feature"]
        assert features["thumbnailData"]["customHandlingCode"] == CODE
        assert task.attributes["modeling"]["custom_python"][0]["code"] == CODE

    def test_references_and_facts(self, manager):
        """A task refers to its code environment, or to a folder of images."""
        state = manager.load_state()
        churn = state[self.resource_id("cH7uR2nA/tA5kCh01")]
        (env,) = references_of(churn)
        assert (env.resource_type, env.project_key) == ("code_env", "@instance")
        assert env.name == "python/py39_ml"
        (folder,) = references_of(state[self.resource_id("fR8uI2tB/tA5kFr03")])
        assert (folder.resource_type, folder.name) == ("managed_folder", "Fo1dEr22")
        assert [(fact.label, *fact.values) for fact in facts_of(churn)] == [
            ("task", "PREDICTION"),
            ("prediction", "BINARY_CLASSIFICATION"),
            ("target", "churned"),
        ]


def test_tasks_are_in_the_folders_of_their_analyses(store, serve):
    files = {
        "params.json": b"{}",
        "analysis/a1/core_params.json": b'{"inputDatasetSmartName": "orders"}',
        "analysis/a1/ml/t1/params.json": b'{"id": "t1", "taskType": "CLUSTERING"}',
    }
    store.load_files("LAB", files)
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        manager = StateManager.local(client, "dev", types=["ml_task"])
        state = manager.sync_all(projects=["LAB"])

    assert [item.resource_id for item in state] == ["ml_task.LAB.a1/t1"]
