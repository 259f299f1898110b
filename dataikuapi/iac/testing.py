"""A test double of DSS for the tests of code that uses this library.

It is the real client, connected to the sandbox inside the test's own process, so that
no call passes that a real instance would refuse. It needs pytest and the extra
``sandbox``. Import the fixture in a test file or in ``conftest.py``:

.. code-block:: python

    from dataikuapi.iac.testing import dss

    def test_drift(dss, tmp_path):
        backend = LocalFileBackend(tmp_path / "test.state.json")
        manager = StateManager(backend, dss.client, "test")
        manager.save_state(manager.sync_project(dss.project_key))
        dss.client.get_project(dss.project_key).get_dataset("countries").delete()
        assert f"dataset.{dss.project_key}.countries" in manager.drift()

or load this module as a plugin: ``pytest_plugins = ["dataikuapi.iac.testing"]``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.sandbox import (
    SAMPLE_PROJECT_KEY,
    Fault,
    FaultPlan,
    ProjectStore,
    SandboxServer,
    in_turn,
    sample_folder,
)

__all__ = ["EmbeddedDSS", "Fault", "dss", "embedded_dss", "in_turn"]


@dataclass(frozen=True)
class EmbeddedDSS:
    """A running sandbox, and the real client of it.

    Args:
        client: connected to it, with a key for all projects.
        server: what serves it, with the ``url`` and the ``api_key``.
        project_key: of the sample project.

    Example:
        .. code-block:: python

            dss.store.add_project("SHOP")
            dss.store.add_dataset("SHOP", "orders", type="PostgreSQL")
            ann = DSSClient(dss.server.url, dss.store.add_api_key("ann", ["SHOP"]))
            dss.fail_on(lambda method, path: Fault.page(503))
    """

    client: DSSClient
    server: SandboxServer
    project_key: str = SAMPLE_PROJECT_KEY

    @property
    def store(self) -> ProjectStore:
        """The projects, to be read and changed behind the client's back."""
        return self.server.store

    def fail_on(self, plan: FaultPlan | None) -> None:
        """Make requests fail from now on.

        Args:
            plan: returns the fault of a request, given its method and its path below
                the prefix of the API, or ``None``. Without a plan, nothing fails.
        """
        self.server.faults = plan


@contextmanager
def embedded_dss() -> Iterator[EmbeddedDSS]:
    """Run a sandbox with a fresh copy of the sample project, without pytest."""
    store = ProjectStore()
    store.load_folder(sample_folder(), SAMPLE_PROJECT_KEY)
    with SandboxServer(store) as server:
        yield EmbeddedDSS(DSSClient(server.url, server.api_key), server)


@pytest.fixture
def dss() -> Iterator[EmbeddedDSS]:
    """A running sandbox with a fresh copy of the sample project, for one test."""
    with embedded_dss() as running:
        yield running
