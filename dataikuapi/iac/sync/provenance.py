"""Records which DSS was read, and whose API key read it."""

from collections.abc import Callable
from typing import TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import DSSError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sync.connection import is_dss_client
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.types.shapes import expect_object

__all__ = ["Provenance"]

T = TypeVar("T")

_FIELDS = {"node_id": "nodeId", "install_id": "installId", "dss_version": "dssVersion"}


class Provenance:
    """Which DSS it is, and whose API key is used; requested once.

    Good to know, but no reason to fail: where DSS does not say (one of the calls is
    not documented), it stays unknown.

    Attributes:
        instance: node id, install id and version of the DSS.
        identity: the login of a user, or the id of an API key.
    """

    def __init__(self) -> None:
        self.instance: dict[str, JSON] | None = None
        self.identity: str | None = None

    def fetch(self, client: DSSClient) -> None:
        """Request what is not known yet."""
        if not is_dss_client(client):
            return
        if self.identity is None:
            self.identity = _unless_refused(client, _identity)
        if self.instance is None:
            self.instance = _unless_refused(client, _instance)

    def stamp_state(self, state: State) -> None:
        """Note in a state where it comes from, and who read it."""
        state.instance = self.instance
        for resource in state.resources.values():
            self.stamp(resource)

    def stamp(self, resource: Resource) -> None:
        """Note in the resource who read it, unless whoever read it has done so."""
        if self.identity and resource.metadata.deployed_by == "system":
            resource.metadata.deployed_by = self.identity


def _unless_refused(client: DSSClient, call: Callable[[DSSClient], T]) -> T | None:
    try:
        with translate_errors(client, None):
            return call(client)
    except DSSError:
        return None


def _identity(client: DSSClient) -> str:
    info = expect_object(client.get_auth_info(), "authIdentifier")
    return str(info["authIdentifier"])


def _instance(client: DSSClient) -> dict[str, JSON]:
    raw = expect_object(client.get_instance_info().raw)
    return {name: raw[field] for name, field in _FIELDS.items() if raw.get(field)}
