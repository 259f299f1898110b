"""Reading statistics worksheets."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac import StateManager
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sandbox.kinds.dataset import DATASET
from dataikuapi.iac.sandbox.kinds.statistics_worksheet import STATISTICS_WORKSHEET
from dataikuapi.iac.types.lookup import facts_of, references_of
from iac.typed import KEY, TypeContract, changed_ids


def data_spec(dataset):
    return {
        "inputDatasetSmartName": dataset,
        "datasetSelection": {
            "samplingMethod": "HEAD_SEQUENTIAL",
            "maxRecords": 100000,
            "partitionSelectionMethod": "ALL",
        },
        "autoRefreshSample": True,
        "refreshTrigger": 0,
    }


HISTOGRAM = {
    "type": "numerical_histogram",
    "id": "c1",
    "nbBins": 25,
    "column": {"name": "amount", "type": "CONTINUOUS"},
}
AMOUNTS = {
    "name": "Amounts",
    "dataSpec": data_spec("orders"),
    "rootCard": {
        "type": "worksheet_root",
        "id": "r1",
        "confidenceLevel": 0.95,
        "cards": [{"type": "column_card", "id": "c0", "cards": [HISTOGRAM]}],
    },
    "tags": ["lab"],
}
EMPTY = {"name": "Worksheet", "dataSpec": data_spec("orders")}
STOCK = {"name": "Worksheet", "dataSpec": data_spec("stock")}


def rename(document):
    document["name"] += " (old)"


def add_card(document):
    document["rootCard"]["cards"].append({"type": "correlation_matrix", "id": "c9"})


def take_more_rows(document):
    document["dataSpec"]["datasetSelection"]["maxRecords"] *= 2


def refresh_sample(document):
    document["dataSpec"]["refreshTrigger"] += 1


def save_in_newer_dss(document):
    document["dataSpec"]["containerSelection"] = {"containerMode": "INHERIT"}


class TestStatisticsWorksheet(TypeContract):
    """Worksheets: two of one dataset, one of another, none of a third."""

    resource_type = "statistics_worksheet"
    kind = STATISTICS_WORKSHEET
    objects: ClassVar[dict[str, Any]] = {
        "aM0uN7sW01": AMOUNTS,
        "eM0pT7yW02": EMPTY,
        "sT0cK7sW03": STOCK,
    }
    others = tuple((DATASET, name, {}) for name in ("orders", "stock", "raw orders"))
    path = "datasets/{dataset}/statistics/worksheets/{id}"
    listing = "datasets/orders/statistics/worksheets/"
    edits = (rename, add_card, take_more_rows)
    noise = (refresh_sample, save_in_newer_dss)

    def path_of(self, object_id):
        """Return the path of a worksheet, which has the name of its dataset."""
        dataset = self.objects[object_id]["dataSpec"]["inputDatasetSmartName"]
        path = self.path.format(id=object_id, dataset=dataset)
        return f"/projects/{KEY}/{path}"

    def test_they_are_not_watched_by_default(self, client):
        """Not even in a project without any: each dataset takes a request."""
        assert "statistics_worksheet" not in StateManager.local(client, "dev").readers

    def test_calls(self, served, client):
        """The datasets, once; a request for each of them, and for each worksheet."""
        paths = []
        served.faults = lambda method, path: paths.append(path)
        types = ["dataset", "statistics_worksheet"]
        StateManager.local(client, "dev", types=types).sync_all(projects=[KEY])
        paths = [path for path in paths if path.startswith("/projects/")]
        assert len(paths) == 1 + 3 + 3

    def test_the_client_changes_a_worksheet(self, manager, client):
        """It is addressed by dataset and id."""
        dataset = client.get_project(KEY).get_dataset("orders")
        listed = dataset.list_statistics_worksheets(as_objects=False)
        assert [item["id"] for item in listed] == ["aM0uN7sW01", "eM0pT7yW02"]
        assert "rootCard" not in listed[0]
        settings = dataset.get_statistics_worksheet("eM0pT7yW02").get_settings()
        add_card(settings.get_raw())
        settings.save()
        assert changed_ids(manager) == [self.resource_id("eM0pT7yW02")]
        made = dataset.create_statistics_worksheet("New")
        added = [diff.resource_id for diff in manager.drift().added]
        assert added == [self.resource_id(made.worksheet_id)]
        made.delete()

    def test_deleting_a_dataset_deletes_its_worksheets(self, manager, client):
        """That is no error, and those of other datasets stay."""
        client.get_project(KEY).get_dataset("stock").delete()
        assert changed_ids(manager) == [self.resource_id("sT0cK7sW03")]
        assert not manager.drift().unknown

    def test_renaming_a_dataset_is_a_change_of_its_worksheets(self, manager, client):
        """The ids stay, and single ones are found below the new name."""
        client.get_project(KEY).get_dataset("stock").rename("inventory")
        (diff,) = manager.drift()
        assert [(change.path, change.new) for change in diff.changes] == [
            ("dataSpec.inputDatasetSmartName", "inventory")
        ]
        assert manager.sync_resource(self.resource_id("sT0cK7sW03"))

    def test_forbidden_datasets_leave_all_unknown(self, manager, served):
        """Nothing is known of worksheets without the datasets."""
        error = "com.dataiku.dip.exceptions.UnauthorizedException"
        served.faults = lambda method, path: (
            Fault.error(403, error, "no") if path.endswith("/datasets/") else None
        )
        report = manager.drift()
        assert not report.removed
        assert report.unknown

    @pytest.mark.parametrize("object_id", ["aM0uN7sW01", "sT0cK7sW03"])
    def test_references(self, manager, object_id):
        """A worksheet refers to its dataset."""
        state = manager.load_state()
        (found,) = references_of(state[self.resource_id(object_id)])
        dataset = self.objects[object_id]["dataSpec"]["inputDatasetSmartName"]
        assert (found.resource_type, found.name) == ("dataset", dataset)
        assert found.pointer == "/dataSpec/inputDatasetSmartName"

    def test_facts(self, manager):
        """The summary of an added worksheet."""
        amounts = manager.load_state()[self.resource_id("aM0uN7sW01")]
        facts = [(fact.label, *fact.values) for fact in facts_of(amounts)]
        assert facts == [("dataset", "orders"), ("cards", "1")]
