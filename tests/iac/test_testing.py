"""The test double that users get: the real client over the sandbox."""

import subprocess
import sys

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DSSError, LocalFileBackend, RetryPolicy, StateManager
from dataikuapi.iac.testing import Fault, dss, embedded_dss

__all__ = ["dss"]

# What a user writes, with the fixture from the plugin or from an import.
USER_TEST = """
from dataikuapi.iac import LocalFileBackend, StateManager
{imports}

def test_drift(dss, tmp_path):
    backend = LocalFileBackend(tmp_path / "test.state.json")
    manager = StateManager(backend, dss.client, "test")
    manager.save_state(manager.sync_project(dss.project_key))
    dss.client.get_project(dss.project_key).get_dataset("countries").delete()
    assert f"dataset.{{dss.project_key}}.countries" in manager.drift()
"""


def test_client_is_the_real_one(dss):
    assert type(dss.client) is DSSClient
    assert dss.client.list_project_keys() == [dss.project_key]


def test_projects_and_keys_can_be_added(dss):
    dss.store.add_project("SHOP")
    dss.store.add_dataset("SHOP", "orders", type="PostgreSQL")
    ann = DSSClient(dss.server.url, dss.store.add_api_key("ann", ["SHOP"]))

    assert ann.list_project_keys() == ["SHOP"]
    assert [item.id for item in ann.get_project("SHOP").list_datasets()] == ["orders"]


def test_requests_can_fail(dss, tmp_path):
    backend = LocalFileBackend(tmp_path / "test.state.json")
    policy = RetryPolicy(max_retries=0)
    manager = StateManager(backend, dss.client, "test", policy=policy)

    dss.fail_on(lambda method, path: Fault.page(503))
    with pytest.raises(DSSError, match="503"):
        manager.sync_project(dss.project_key)
    dss.fail_on(None)

    assert len(manager.sync_project(dss.project_key)) == 20


def test_each_double_has_projects_of_its_own(dss):
    with embedded_dss() as other:
        other.client.get_project(other.project_key).delete()
        assert other.client.list_project_keys() == []

    assert dss.client.list_project_keys() == [dss.project_key]


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    [
        "from dataikuapi.iac.testing import dss",
        'pytest_plugins = ["dataikuapi.iac.testing"]',
    ],
)
def test_fixture_in_a_project_of_a_user(tmp_path, imports):
    (tmp_path / "test_user.py").write_text(USER_TEST.format(imports=imports), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert "1 passed" in result.stdout, result.stdout
