"""Calling DSS: with a time-out, and without touching the caller's client."""

from unittest.mock import Mock, create_autospec

import pytest
import requests
from dataikuapi import DSSClient
from requests.adapters import HTTPAdapter

from dataikuapi.iac import DatasetSync, DSSUnreachableError, StateManager
from dataikuapi.iac.sync.connection import TIME_OUT, own_copy


class Recorder(HTTPAdapter):
    """Notes the time-outs, and connects to nothing."""

    time_outs = []

    def send(self, request, timeout=None, **kwargs):
        self.time_outs.append(timeout)
        raise requests.ConnectionError("no network here")


@pytest.fixture
def client():
    Recorder.time_outs.clear()
    client = DSSClient("http://dss.invalid", "key", extra_headers={"X-Team": "a"})
    client._session.mount("http://", Recorder())
    return client


def test_every_call_has_a_time_out(client):
    with pytest.raises(requests.ConnectionError):
        own_copy(client).list_projects()

    assert Recorder.time_outs == [TIME_OUT]


def test_the_callers_client_is_left_as_it_is(client):
    session, headers = client._session, dict(client._session.headers)
    patient = own_copy(client)
    patient._session.headers["X-Other"] = "b"
    with pytest.raises(requests.ConnectionError):
        client.list_projects()

    assert client._session is session
    assert dict(session.headers) == headers
    assert Recorder.time_outs == [None]


def test_credentials_and_settings_come_along(client):
    client._session.verify = False
    client._session.proxies["http"] = "http://proxy"
    patient = own_copy(client)

    assert patient.host == client.host
    assert patient._session.auth == client._session.auth
    assert patient._session.headers["X-Team"] == "a"
    assert patient._session.verify is False
    assert patient._session.proxies == {"http": "http://proxy"}


def test_one_copy_is_enough(client):
    patient = own_copy(client)

    assert own_copy(patient) is patient


def test_a_mock_is_used_as_it_is():
    for double in (Mock(), create_autospec(DSSClient, instance=True)):
        assert own_copy(double) is double


def test_all_syncs_call_with_a_time_out(client):
    manager = StateManager(Mock(), client, "test")
    for call in (
        lambda: manager.sync_project("SHOP"),
        lambda: manager.sync_all(),
        lambda: manager.sync_resource("dataset.SHOP.x"),
        lambda: manager.sync_resource("recipe.SHOP.x"),
        lambda: DatasetSync(client).list_all("SHOP"),
    ):
        with pytest.raises(DSSUnreachableError):
            call()

    assert set(Recorder.time_outs) == {TIME_OUT}
