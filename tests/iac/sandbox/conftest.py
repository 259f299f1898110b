"""A sandbox with one small project, and ways to talk to it."""

import pytest
import requests

import dataikuapi
from dataikuapi.iac.sandbox import ProjectStore, SandboxServer
from iac.sandbox.api import Api
from iac.sandbox.project_files import FILES, NOW


@pytest.fixture(scope="module")
def server():
    with SandboxServer(ProjectStore(now=lambda: NOW)) as running:
        yield running


@pytest.fixture
def store(server):
    for key in server.store.project_keys():
        server.store.delete_project(key)
    server.store.load_files("P", FILES)
    return server.store


@pytest.fixture
def session():
    with requests.Session() as opened:
        yield opened


@pytest.fixture
def api(server, store, session):
    return Api(session, server, server.api_key)


@pytest.fixture
def client(server, store):
    made = dataikuapi.DSSClient(server.url, server.api_key)
    yield made
    made._session.close()
