"""Types whose objects are nested in others, and code at any member of an object."""

from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, ResourceNotFoundError, StateManager
from dataikuapi.iac.sandbox import Fault, ProjectStore
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.cleaning import ANY
from dataikuapi.iac.types.code_texts import with_texts_of, without_texts
from dataikuapi.iac.types.nested import NestedName, NestedType, parent_of
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import expect_items


class Column(NestedType):
    """A made-up type: the columns of each dataset."""

    name = "column"

    def list_parents(self, project):
        return expect_items(get_json(project, "datasets/"), "name")

    def list_in(self, project, parent):
        columns = get_json(project, f"datasets/{parent}")["schema"]["columns"]
        names = expect_items(columns, "name")
        return [NestedName.within(parent, name, f"{parent}/") for name in names]

    def fetch_documents(self, project, name):
        parent, _, column = name.partition("/")
        columns = get_json(project, f"datasets/{parent}")["schema"]["columns"]
        return {self.main: expect_items(columns, "name")[column]}


@pytest.fixture
def store():
    store = ProjectStore()
    store.add_project("SHOP")
    for name in ("orders", "stock"):
        columns = [{"name": "id", "type": "int"}]
        store.add_dataset("SHOP", name, schema={"columns": columns})
    return store


@pytest.fixture
def manager(server, tmp_path, monkeypatch):
    monkeypatch.setitem(TYPES, "column", Column())
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    manager = StateManager(backend, client, "test", types=["project", "column"])
    manager.save_state(manager.sync_project("SHOP"))
    return manager


def test_objects_of_all_parents_are_read(manager):
    assert [item.resource_id for item in manager.load_state()] == [
        "column.SHOP.orders/id",
        "column.SHOP.stock/id",
        "project.SHOP",
    ]


def test_what_is_in_a_parent_that_is_deleted_meanwhile_is_removed(
    manager, server, store
):
    def delete_when_it_is_read(method, path):
        if path.endswith("/datasets/stock") and "stock" in datasets:
            datasets.remove("stock")
        return

    datasets = store.project("SHOP").datasets
    server.faults = delete_when_it_is_read
    report = manager.drift()
    assert [diff.resource_id for diff in report] == ["column.SHOP.stock/id"]
    assert [diff.resource_id for diff in report.removed] == ["column.SHOP.stock/id"]
    assert not report.unknown


def test_what_is_in_a_parent_that_is_listed_and_missing_is_unknown(manager, server):
    error = "com.dataiku.dip.exceptions.NotFoundException"
    server.faults = lambda method, path: (
        Fault.error(404, error, "no") if path.endswith("/datasets/stock") else None
    )
    report = manager.drift()
    assert not report.removed
    assert {item.resource_id for item in report.unknown} == {
        "column.SHOP.*",
        "column.SHOP.orders/id",
        "column.SHOP.stock/id",
    }
    assert "lists stock in project SHOP" in report.unknown[0].reason


def test_what_is_in_a_parent_without_a_usable_name_is_unknown(manager, server, store):
    datasets = store.project("SHOP").datasets.documents()
    server.faults = lambda method, path: (
        Fault.json([*datasets, {**datasets[0], "name": "*"}])
        if path.endswith("/datasets/")
        else None
    )
    report = manager.drift()
    assert not report.removed
    assert "cannot be a name" in report.unknown[0].reason


class SearchedColumn(Column):
    """Columns by their own names, which say nothing of the dataset."""

    is_searched = True

    def list_in(self, project, parent):
        columns = get_json(project, f"datasets/{parent}")["schema"]["columns"]
        names = expect_items(columns, "name")
        return [NestedName.within(parent, name) for name in names]

    def fetch_documents(self, project, name):
        columns = get_json(project, f"datasets/{parent_of(name)}")["schema"]["columns"]
        return {self.main: expect_items(columns, "name")[name]}


def test_single_object_is_searched_in_the_parents_that_are_left(
    server, store, monkeypatch
):
    def delete_when_it_is_read(method, path):
        if path.endswith("/datasets/orders") and "orders" in datasets:
            datasets.remove("orders")

    monkeypatch.setitem(TYPES, "column", SearchedColumn())
    datasets = store.project("SHOP").datasets
    store.add_dataset("SHOP", "items", schema={"columns": [{"name": "price"}]})
    client = DSSClient(server.url, server.api_key)
    manager = StateManager.local(client, "test", types=["column"])
    server.faults = delete_when_it_is_read

    assert manager.sync_resource("column.SHOP.price").attributes == {"name": "price"}
    with pytest.raises(ResourceNotFoundError, match=r"has no column\.SHOP\.weight"):
        manager.sync_resource("column.SHOP.weight")


def test_parent_of_an_object_that_was_not_listed_is_not_known():
    with pytest.raises(TypeError, match="price was not listed"):
        parent_of("price")


def test_object_without_a_usable_name_hides_no_other(manager, store):
    columns = [{"name": "id"}, {"name": "*"}]
    store.add_dataset("SHOP", "items", schema={"columns": columns})
    report = manager.drift()
    assert [diff.resource_id for diff in report.added] == ["column.SHOP.items/id"]
    assert [item.resource_id for item in report.unknown] == ['column.SHOP."*"']


def test_code_lies_at_any_member_of_an_object():
    attributes: dict[str, Any] = {
        "columns": {"a": {"code": "x"}, "b": {"code": "y"}, "c": 1}
    }
    path = ("columns", ANY, "code")
    emptied: dict[str, Any] = without_texts(attributes, [path])
    assert emptied == {"columns": {"a": {"code": ""}, "b": {"code": ""}, "c": 1}}
    assert with_texts_of(attributes, emptied, [path]) == attributes
    del emptied["columns"]["b"]
    assert with_texts_of(attributes, emptied, [path]) == {
        "columns": {"a": {"code": "x"}, "c": 1}
    }
