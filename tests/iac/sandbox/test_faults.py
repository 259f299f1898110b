"""Writes that go wrong before, during or after they are stored, and other people."""

import json

import pytest
import requests
from dataikuapi.utils import DataikuException

import dataikuapi
from dataikuapi.iac.sandbox import Fault, in_turn

ORDERS = "/projects/P/datasets/orders"


@pytest.fixture(autouse=True)
def no_faults_afterwards(server):
    yield
    server.faults = None


@pytest.fixture
def orders(client):
    return client.get_project("P").get_dataset("orders")


def save(dataset, **fields):
    settings = dataset.get_settings()
    settings.get_raw().update(fields)
    settings.save()


def stored(store):
    return store.project("P").datasets.get("orders")


FAILURES = {
    "error": (Fault.error(500, "java.lang.Exception", "broken"), DataikuException),
    "page": (Fault.page(502), DataikuException),
    "reset": (Fault.reset(), requests.ConnectionError),
    "cut off": (Fault.truncated(), requests.RequestException),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_write_fails_before_or_after_it_is_stored(
    server, store, orders, name, is_stored
):
    fault, error = FAILURES[name]
    fault = fault.once_stored() if is_stored else fault
    server.faults = in_turn("PUT", ORDERS, fault)
    with pytest.raises(error):
        save(orders, shortDesc="written")
    assert ("shortDesc" in stored(store)) == is_stored
    assert stored(store)["versionTag"]["versionNumber"] == 7 + is_stored


def test_an_html_page_with_200_for_what_was_stored(server, client):
    page = Fault.page(200).once_stored()
    server.faults = in_turn("POST", "/projects/P/managedfolders", page)
    project = client.get_project("P")
    with pytest.raises(json.JSONDecodeError):
        project.create_managed_folder("new")
    assert [folder["name"] for folder in project.list_managed_folders()] == ["new"]


def test_a_delete_whose_response_is_lost(server, store, orders):
    server.faults = in_turn("DELETE", "*", Fault.reset().once_stored())
    with pytest.raises(requests.ConnectionError):
        orders.delete()
    assert store.project("P").datasets.names() == ["clients", "other"]


def test_what_is_stored_in_time_may_be_told_late(server, store, orders):
    server.faults = in_turn("PUT", ORDERS, Fault.slow(0.01).once_stored())
    save(orders, shortDesc="written")
    assert stored(store)["versionTag"]["versionNumber"] == 8


def test_a_save_of_two_calls_may_fail_between_them(server, client):
    project = client.get_project("P")
    scenario = project.create_scenario("S", "custom_python")
    settings = scenario.get_settings()
    settings.code = "print(1)"
    settings.data["active"] = True
    server.faults = in_turn("PUT", "*/scenarios/*", None, Fault.reset())
    with pytest.raises(requests.ConnectionError):
        settings.save()
    again = scenario.get_settings()
    assert (again.data["active"], again.code) == (True, "")


def test_somebody_else_edits_between_two_calls(server, store, orders):
    other = dataikuapi.DSSClient(server.url, store.add_api_key("bob"))

    def edit():
        save(other.get_project("P").get_dataset("orders"), shortDesc="bob's")

    server.faults = in_turn("PUT", ORDERS, Fault.meanwhile(edit))
    before = orders.get_settings()
    before.get_raw()["description"] = "ann's"
    before.save()
    document = stored(store)
    # Bob's edit is lost, as in DSS; the version number tells.
    assert "shortDesc" not in document and document["description"] == "ann's"
    assert document["versionTag"]["versionNumber"] == 9
    other._session.close()


def test_somebody_else_deletes_what_is_about_to_be_saved(server, store, orders):
    project = store.project("P")
    delete = Fault.meanwhile(lambda: project.datasets.remove("orders"))
    server.faults = in_turn("PUT", ORDERS, delete)
    with pytest.raises(DataikuException, match="P.orders does not exist"):
        save(orders, shortDesc="written")


def test_faults_in_turn_are_those_of_matching_requests(server, client, orders):
    first, third = Fault.page(502), Fault.page(503)
    server.faults = in_turn("GET", "/projects/P/datasets/", first, None, third)
    project = client.get_project("P")
    for status in ("502", None, "503", None):
        orders.get_settings()
        project.get_variables()
        if status is None:
            assert len(project.list_datasets()) == 3
        else:
            with pytest.raises(DataikuException, match=status):
                project.list_datasets()
