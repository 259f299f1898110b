"""Reading visual analyses."""

from typing import Any, ClassVar

from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.types.lookup import facts_of, references_of, severity_of
from iac.typed import KEY, TypeContract, changed_ids

FILL = {
    "type": "FillEmptyWithValue",
    "metaType": "PROCESSOR",
    "preview": False,
    "disabled": False,
    "params": {"columns": ["quantity"], "value": "0", "appliesTo": "SINGLE_COLUMN"},
}
FORMULA = {
    "type": "CreateColumnWithGREL",
    "metaType": "PROCESSOR",
    "disabled": False,
    "params": {"column": "amount", "expression": "quantity * price"},
}
GROUP = {"metaType": "GROUP", "name": "Amounts", "steps": [FORMULA]}
SAMPLE = {"samplingMethod": "HEAD_SEQUENTIAL", "maxRecords": 10000}
CHURN = {
    "name": "Analyze orders",
    "inputDatasetSmartName": "orders",
    "script": {
        "steps": [FILL, GROUP],
        "maxProcessedMemTableBytes": -1,
        "columnsSelection": {"mode": "ALL"},
        "coloring": {"scheme": "MEANING_AND_STATUS"},
        "explorationSampling": {"selection": SAMPLE, "_refreshTrigger": 0},
        "explorationFilters": [],
        "previewMode": "ALL_ROWS",
    },
    "charts": [],
    "tags": ["lab"],
}
SHARED = {
    "name": "Analyze orders",
    "inputDatasetSmartName": "CRM.customers",
    "script": {"steps": []},
    "charts": [
        {
            "copySelectionFromScript": True,
            "def": {
                "type": "lines",
                "name": "Customers per year",
                "thumbnailData": "data:image/png;base64,iVBORw0KGgo=",
                "genericMeasures": [{"function": "COUNT"}],
            },
        }
    ],
}
UNTOUCHED = {"inputDatasetSmartName": "orders"}


def rename(document):
    document["name"] = f"{document.get('name')} (old)"


def add_step(document):
    document["script"]["steps"].append(FILL)


def add_chart(document):
    document["charts"].append({"def": {"type": "pie", "name": "Shares"}})


def look_at(document):
    """Do what the page does when somebody opens it and saves."""
    document["script"] |= {
        "columnWidthsByName": {"quantity": 120},
        "columnOrder": ["quantity"],
        "columnsSelection": {"mode": "HIDE", "list": ["price"]},
        "exploreUIParams": {"autoRefresh": True},
        "explorationFilters": [{"column": "price"}],
        "explorationSampling": {"selection": {**SAMPLE, "maxRecords": 30000}},
        "vizSampling": {"autoRefreshSample": False},
        "globalSearchQuery": "amo",
        "sorting": [{"column": "price", "ascending": False}],
        "coloring": {"scheme": "ALL_COLUMNS_VALUES"},
        "previewMode": "CHANGED_ROWS",
        "analysisColumnData": {"price": {"computed": True}},
    }
    for step in document["script"]["steps"]:
        step["preview"] = True
        for inner in step.get("steps", []):
            inner["preview"] = True
    for chart in document["charts"]:
        chart["def"]["thumbnailData"] = "data:image/png;base64,AAAA"


class TestAnalysis(TypeContract):
    """Visual analyses, of which two have the same name."""

    resource_type = "analysis"
    kind = ANALYSIS
    objects: ClassVar[dict[str, Any]] = {
        "cH7uR2nA": CHURN,
        "sH4rE9dB": SHARED,
        "uN1tO5cC": UNTOUCHED,
    }
    path = "lab/{id}/"
    listing = "lab/"
    edits = (rename, add_step, add_chart)
    noise = (look_at,)

    def test_the_client_changes_a_script(self, manager, client):
        """Its list has other names for id and dataset than an analysis."""
        project = client.get_project(KEY)
        listed = {item["analysisId"]: item for item in project.list_analyses()}
        assert listed["sH4rE9dB"]["inputDataset"] == "CRM.customers"
        analysis = project.get_analysis("sH4rE9dB")
        definition = analysis.get_definition()
        definition.get_raw_script_steps().append(FORMULA)
        analysis.set_definition(definition)
        assert changed_ids(manager) == [self.resource_id("sH4rE9dB")]

    def test_analysis_that_the_client_makes(self, manager, client):
        """It is empty, and has the name that DSS gives it."""
        project = client.get_project(KEY)
        made = project.create_analysis("orders")
        (added,) = manager.drift().added
        assert added.resource_id == self.resource_id(made.analysis_id)
        assert added.new_resource.attributes["script"] == {"steps": []}
        made.delete()
        assert changed_ids(manager) == []

    def test_a_step_in_a_group_shows(self, manager, client):
        """Groups of steps are read whole."""

        def disable(document):
            document["script"]["steps"][1]["steps"][0]["disabled"] = True

        self.edit(client, "cH7uR2nA", disable)
        (diff,) = manager.drift()
        assert [change.path for change in diff.changes] == [
            "script.steps[1].steps[0].disabled"
        ]

    def test_references_and_facts(self, manager):
        """An analysis refers to its dataset, also in another project."""
        state = manager.load_state()
        churn = state[self.resource_id("cH7uR2nA")]
        shared = state[self.resource_id("sH4rE9dB")]
        (own,), (other,) = map(references_of, (churn, shared))
        assert (own.resource_type, own.project_key, own.name) == (
            "dataset",
            None,
            "orders",
        )
        assert (other.project_key, other.name) == ("CRM", "customers")
        facts = {(fact.label, *fact.values) for fact in facts_of(churn)}
        assert facts == {("dataset", "orders"), ("steps", "2")}
        assert severity_of("analysis", ("inputDatasetSmartName",)) is Severity.CODE
