"""Reading saved models."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac import ResourceNotFoundError
from dataikuapi.iac.sandbox.kinds.agent import AGENT, RAG_MODEL
from dataikuapi.iac.sandbox.kinds.saved_model import SAVED_MODEL
from dataikuapi.iac.types.registry import TYPES
from dataikuapi.iac.types.secrets.redactor import redact_constant
from iac.typed import KEY, TypeContract, changed_ids

FLOW_OPTIONS = {
    "virtualizable": False,
    "rebuildBehavior": "NORMAL",
    "crossProjectBuildBehavior": "DEFAULT",
}
CHURN = {
    "flowOptions": FLOW_OPTIONS,
    "name": "Predict churn",
    "savedModelType": "DSS_MANAGED",
    "contentType": "prediction/py-scikit",
    "activeVersion": "1700000000000",
    "lastExportedFrom": "A-SHOP-Ab12Cd34-Ef56Gh78-s1-pp1-m1",
    "lastTrainIndex": 1,
    "lastTrainJobId": "",
    "miniTask": {
        "taskType": "PREDICTION",
        "targetVariable": "churned",
        "modeling": {"metrics": {"evaluationMetric": "ROC_AUC"}},
        "labels": [],
    },
}
SEGMENTS = {
    "name": "Customer segments",
    "miniTask": {"taskType": "CLUSTERING"},
    "tags": ["b", "a"],
}


def change_metric(document):
    document["miniTask"]["modeling"] = {"metrics": {"evaluationMetric": "F1"}}


def train_again(document):
    document.update(
        lastTrainIndex=7,
        lastTrainJobId="Train_churn_2026",
        lastExportedFrom="A-SHOP-Ab12Cd34-Ef56Gh78-s9-pp1-m1",
    )
    document["miniTask"]["predictionDisplayCharts"] = [{"type": "lines"}]


def upgrade(document):
    document["flowOptions"] = {**FLOW_OPTIONS, "ignoreErrorStatusOnBuild": False}
    document["miniTask"]["assertionsParams"] = {"assertions": []}
    document["miniTask"]["calibration"] = {"calibrationMethod": "NO_CALIBRATION"}


class TestSavedModel(TypeContract):
    """Saved models."""

    resource_type = "saved_model"
    kind = SAVED_MODEL
    objects: ClassVar[dict[str, Any]] = {"Mo12De34": CHURN, "Se56Gm78": SEGMENTS}
    path = "savedmodels/{id}"
    listing = "savedmodels/"
    edits = (change_metric, lambda document: document["tags"].append("new"))
    noise = (train_again, upgrade)

    def test_active_version_shows(self, manager, shop):
        """It is what a training, or somebody, made active."""
        models = shop.project(KEY).objects(SAVED_MODEL)
        document = {**models.get("Mo12De34"), "activeVersion": "1800000000000"}
        models.save("Mo12De34", document, "ann")
        (diff,) = manager.drift()
        assert [change.path for change in diff.changes] == ["activeVersion"]

    @pytest.mark.parametrize("agent_type", ["TOOLS_USING_AGENT", "PYTHON_AGENT"])
    def test_agents_are_no_models(self, manager, shop, agent_type):
        """DSS lists them among the saved models."""
        shop.add(AGENT, KEY, "Ag12En34", name="Helper", type=agent_type)
        assert changed_ids(manager) == []

    @pytest.mark.parametrize(
        "kind, own_type", [(AGENT, "agent"), (RAG_MODEL, "rag_model")]
    )
    def test_agent_is_not_found_as_a_model(self, manager, client, shop, kind, own_type):
        """DSS serves it among the saved models, where it can be renamed."""
        agent_type = f"PYTHON{kind.type_end}" if kind is AGENT else kind.type_end
        versions = [{"versionId": "v1"}]
        shop.add(
            kind, KEY, "Ag12En34", name="Helper", type=agent_type, versions=versions
        )
        served = self.get(client, "Ag12En34")
        assert served["savedModelType"] == agent_type
        assert served["inlineVersions"] == versions
        assert "type" not in served
        with pytest.raises(ResourceNotFoundError, match=f"its id is {own_type}.SHOP"):
            manager.sync_resource(self.resource_id("Ag12En34"))
        renamed = {**served, "name": "Assistant", "activeVersion": "v9"}
        self.put(client, "Ag12En34", renamed)
        agent = shop.project(KEY).objects(kind).get("Ag12En34")
        assert (agent["name"], agent["type"]) == ("Assistant", agent_type)
        assert agent["versions"] == versions
        assert "inlineVersions" not in agent
        client.get_project(KEY).get_saved_model("Ag12En34").delete()
        assert "Ag12En34" not in shop.project(KEY).objects(kind)


SCRIPT = "load('https://ann:s3cr3t@example.com')"
SETTINGS: dict[str, Any] = {
    "modeling": {
        "custom_python": [{"code": SCRIPT}],
        "custom_mllib": [{"code": SCRIPT}],
    },
    "preprocessing": {
        "customCode": SCRIPT,
        "per_feature": {"age": {"customHandlingCode": SCRIPT}},
        "feature_selection_params": {"custom_params": {"code": SCRIPT}},
    },
}


def test_scripts_are_code_in_a_task_and_in_its_model():
    """Code is stored as it is: a mask in it would be promoted as code."""
    task: Any = TYPES["ml_task"].canonical(SETTINGS, redact_constant)
    model: Any = TYPES["saved_model"].canonical({"miniTask": SETTINGS}, redact_constant)
    for name, value in SETTINGS.items():
        assert task[name] == model["miniTask"][name] == value
