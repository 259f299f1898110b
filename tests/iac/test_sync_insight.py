"""Reading insights."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac.sandbox.kinds.insight import INSIGHT
from dataikuapi.iac.types.lookup import facts_of, references_of
from dataikuapi.iac.types.registry import TYPES
from iac.typed import KEY, TypeContract, changed_ids

WEB_APP_KEY = "kQ83nVx71LmPz0aYt5Rb2WcE9sDf4GhJ"

CHART = {
    "name": "Orders per week",
    "type": "chart",
    "owner": "ann",
    "listed": True,
    "params": {
        "datasetSmartName": "CRM.orders",
        "engineType": "LINO",
        "refreshableSelection": {
            "selection": {"samplingMethod": "HEAD_SEQUENTIAL", "maxRecords": 10000},
            "autoRefreshSample": False,
            "_refreshTrigger": 0,
        },
        "def": {
            "type": "grouped_columns",
            "name": "Orders per week",
            "thumbnailData": "data:image/png;base64,iVBORw0KGgo=",
            "computeMode": "NORMAL",
            "genericDimension0": [
                {
                    "column": "ordered_on",
                    "type": "DATE",
                    "possibleSorts": [{"type": "NATURAL", "label": "Natural ordering"}],
                    "sort": {"type": "NATURAL", "label": "Natural ordering"},
                }
            ],
            "genericMeasures": [{"function": "COUNT", "computeMode": "NORMAL"}],
        },
    },
    "tags": ["board"],
}
TABLE = {
    "name": "Orders per week",
    "type": "dataset_table",
    "owner": "ann",
    "params": {"datasetSmartName": "orders"},
    "dashboardCreationId": "sL4eS7a",
}
WEB_APP = {
    "name": "Simulator",
    "type": "web_app",
    "owner": "bob",
    "params": {
        "webAppSmartId": "wA3pP5q",
        "webAppType": "STANDARD",
        "apiKey": WEB_APP_KEY,
    },
}
METRIC = {
    "name": "Freshness",
    "type": "metrics",
    "params": {"objectType": "MANAGED_FOLDER", "objectSmartId": "Fo1dEr22"},
}


def rename(document):
    document["name"] += " (old)"


def change_owner(document):
    document["owner"] = "cy"


def show_another_dataset(document):
    document["params"]["datasetSmartName"] = "customers"


def look_at(document):
    """Do what the page does when somebody opens it and saves."""
    params = document["params"]
    params.setdefault("refreshableSelection", {})["_refreshTrigger"] = 3
    chart = params.setdefault("def", {})
    chart |= {"thumbnailData": "data:image/png;base64,AAAA", "computeMode": "LIFT_AVG"}
    for dimension in chart.get("genericDimension0", []):
        dimension["possibleSorts"] = [{"type": "AGGREGATION", "$$hashKey": "object:9"}]


class TestInsight(TypeContract):
    """Insights, of which two have the same name."""

    resource_type = "insight"
    kind = INSIGHT
    objects: ClassVar[dict[str, Any]] = {
        "rV8kQ2p": CHART,
        "oR5tW9z": TABLE,
        "sI2mU8l": WEB_APP,
        "fR6eS4h": METRIC,
    }
    path = "insights/{id}/"
    listing = "insights/"
    edits = (rename, change_owner, show_another_dataset)

    def put(self, client, object_id, document):
        """Save an insight, which takes a POST."""
        body = {"insight": document}
        path = f"/projects/{KEY}/{self.path.format(id=object_id)}"
        client._perform_json("POST", path, body=body)

    def test_page_of_a_chart_does_not_show(self, manager, client):
        """A picture, sample and offered sorts follow from what is displayed."""
        self.edit(client, "rV8kQ2p", look_at)
        assert changed_ids(manager) == []

    def test_measure_of_a_chart_shows(self, manager, client):
        """How a measure is computed is chosen by a user."""

        def cumulate(document):
            chart = document["params"]["def"]
            chart["genericMeasures"][0]["computeMode"] = "CUMULATIVE"

        self.edit(client, "rV8kQ2p", cumulate)
        (diff,) = manager.drift()
        assert [change.path for change in diff.changes] == [
            "params.def.genericMeasures[0].computeMode"
        ]

    def test_the_client_saves_as_dss_expects_it(self, manager, client):
        """By a POST; a PUT is refused."""
        project = client.get_project(KEY)
        settings = project.get_insight("oR5tW9z").get_settings()
        settings.get_raw()["listed"] = True
        settings.save()
        assert changed_ids(manager) == [self.resource_id("oR5tW9z")]
        with pytest.raises(Exception, match="'PUT' not supported"):
            client._perform_json("PUT", f"/projects/{KEY}/insights/oR5tW9z/", body={})

    def test_insight_that_the_client_makes(self, manager, client):
        """It is created from a prototype, and belongs to who creates it."""
        project = client.get_project(KEY)
        made = project.create_insight({"type": "dataset_table", "name": "New"})
        assert changed_ids(manager) == [self.resource_id(made.insight_id)]
        assert made.get_settings().owner
        made.delete()
        assert changed_ids(manager) == []

    def test_api_key_of_a_web_app_is_masked(self, manager):
        """It gives access to the project."""
        app = manager.load_state()[self.resource_id("sI2mU8l")]
        assert app.attributes["params"]["webAppSmartId"] == "wA3pP5q"
        assert WEB_APP_KEY not in str(manager.load_state().to_dict())

    def test_references(self, manager):
        """An insight refers to what it shows, also in another project."""
        state = manager.load_state()
        found = {
            object_id: [
                (item.resource_type, item.project_key, item.name)
                for item in references_of(state[self.resource_id(object_id)])
            ]
            for object_id in self.objects
        }
        assert found == {
            "rV8kQ2p": [("dataset", "CRM", "orders")],
            "oR5tW9z": [("dataset", None, "orders")],
            "sI2mU8l": [("web_app", None, "wA3pP5q")],
            "fR6eS4h": [("managed_folder", None, "Fo1dEr22")],
        }
        facts = facts_of(state[self.resource_id("rV8kQ2p")])
        assert [(fact.label, *fact.values) for fact in facts] == [
            ("type", "chart"),
            ("shows", "CRM.orders"),
        ]


@pytest.mark.parametrize(
    ("member", "resource_type"),
    [
        ("savedModelSmartId", "saved_model"),
        ("notebookSmartName", "notebook"),
        ("folderSmartId", "managed_folder"),
        ("scenarioSmartId", "scenario"),
        ("articleId", "wiki_article"),
    ],
)
def test_what_other_insights_show(member, resource_type):
    (found,) = TYPES["insight"].references({"params": {member: "x1"}})
    assert (found.resource_type, found.name) == (resource_type, "x1")
    assert found.pointer == f"/params/{member}"
