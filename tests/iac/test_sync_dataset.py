"""Reading datasets."""

from typing import Any

import pytest

from dataikuapi.iac import DatasetSync, ResourceNotFoundError

ORDERS: dict[str, Any] = {
    "projectKey": "SHOP",
    "name": "orders",
    "type": "Filesystem",
    "params": {"path": "/orders"},
    "schema": {"columns": [{"name": "id", "type": "bigint"}]},
    "formatType": "csv",
    "tags": [],
}


@pytest.fixture
def sync(mock_client):
    mock_client.answers = {
        ("GET", "/projects/SHOP/datasets/"): [ORDERS],
        ("GET", "/projects/SHOP/datasets/orders"): ORDERS,
    }
    return DatasetSync(mock_client)


def test_fetch_dataset(sync):
    dataset = sync.fetch("dataset.SHOP.orders")

    assert dataset.resource_id == "dataset.SHOP.orders"
    assert dataset.attributes["type"] == "Filesystem"
    assert dataset.attributes["params"] == {"path": "/orders"}
    assert dataset.attributes["schema"] == ORDERS["schema"]
    assert dataset.attributes["formatType"] == "csv"


def test_list_all_takes_one_request(sync):
    del sync.client.answers["GET", "/projects/SHOP/datasets/orders"]

    assert [item.resource_id for item in sync.list_all("SHOP")] == [
        "dataset.SHOP.orders"
    ]


@pytest.mark.parametrize("missing", ["params", "schema"])
def test_incomplete_list_item_is_fetched_separately(sync, missing):
    item = {key: value for key, value in ORDERS.items() if key != missing}
    sync.client.answers["GET", "/projects/SHOP/datasets/"] = [item]

    assert sync.list_all("SHOP")[0].attributes[missing] == ORDERS[missing]


@pytest.mark.parametrize("project_key", [None, ""])
def test_list_all_requires_project_key(sync, project_key):
    with pytest.raises(ValueError, match="^project_key required"):
        sync.list_all(project_key)


def test_missing_dataset_is_not_found(sync):
    with pytest.raises(ResourceNotFoundError, match="dataset.SHOP.nope"):
        sync.fetch("dataset.SHOP.nope")


@pytest.mark.parametrize("resource_id", ["dataset.SHOP", "recipe.SHOP.x", "nonsense"])
def test_malformed_id_is_refused(sync, resource_id):
    with pytest.raises(ValueError, match="^Invalid dataset resource_id"):
        sync.fetch(resource_id)


def test_documents_of_the_client_are_copied(sync):
    dataset = sync.fetch("dataset.SHOP.orders")
    ORDERS["schema"]["columns"].append({"name": "later"})
    try:
        assert len(dataset.attributes["schema"]["columns"]) == 1
    finally:
        ORDERS["schema"]["columns"].pop()


def test_missing_dataset_in_dss_is_not_found(dataiku_client):
    with pytest.raises(ResourceNotFoundError, match="dataset.ORDERS_DEMO.nope"):
        DatasetSync(dataiku_client).fetch("dataset.ORDERS_DEMO.nope")


def test_list_all_and_fetch_give_the_same_attributes(dataiku_client):
    sync = DatasetSync(dataiku_client)

    for listed in sync.list_all("ORDERS_DEMO"):
        assert sync.fetch(listed.resource_id).attributes == listed.attributes
