"""Records which DSS instance was read, and with whose API key."""

from collections.abc import Callable
from typing import TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import DSSAuthenticationError, DSSError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import UNKNOWN_USER
from dataikuapi.iac.models.save_note import SaveNote, set_note
from dataikuapi.iac.sync.connection import address_of
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.types.shapes import expect_object

__all__ = ["Provenance"]

T = TypeVar("T")

_FIELDS = {"node_id": "nodeId", "install_id": "installId", "dss_version": "dssVersion"}


class Provenance:
    """Which DSS instance is read, and whose API key is used.

    It is optional: if a request fails (one of them is not documented), what it would
    have returned is missing, and requested again with the next sync.

    Attributes:
        instance: node id, install id, version and address of DSS; ``None`` for a client
            that is not a DSSClient.
        identity: the login of a user, or the id of an API key.
        refusal: that DSS does not accept the API key, if it has said so.
    """

    def __init__(self) -> None:
        self._ids: dict[str, JSON] = {}
        self.instance: dict[str, JSON] | None = None
        self.identity: str | None = None
        self.refusal: DSSAuthenticationError | None = None

    def fetch(self, client: DSSClient) -> None:
        """Request what is still missing."""
        if self.identity is None:
            self.identity = self._or_none(client, _identity)
        if not self._ids:
            self._ids = self._or_none(client, _instance_ids) or {}
        self.instance = {**self._ids, "address": address_of(client)}

    def _or_none(self, client: DSSClient, call: Callable[[DSSClient], T]) -> T | None:
        """Return what the call returns; ``None`` if it fails whatever the reason."""
        try:
            with translate_errors(client, None):
                found = call(client)
        except DSSAuthenticationError as error:
            self.refusal = error
            return None
        except DSSError:
            return None
        self.refusal = None
        return found

    def stamp_state(self, state: State) -> None:
        """Record the instance in a state, and who read it, there and in resources."""
        state.instance = self.instance
        set_note(state, SaveNote(by=self.identity or ""))
        for resource in state.resources.values():
            self.stamp(resource)

    def stamp(self, resource: Resource) -> None:
        """Record in a resource who read it, unless that is set already."""
        if self.identity and resource.metadata.deployed_by == UNKNOWN_USER:
            resource.metadata.deployed_by = self.identity


def _identity(client: DSSClient) -> str:
    info = expect_object(client.get_auth_info(), "authIdentifier")
    return str(info["authIdentifier"])


def _instance_ids(client: DSSClient) -> dict[str, JSON]:
    raw = expect_object(client.get_instance_info().raw)
    return {name: raw[field] for name, field in _FIELDS.items() if raw.get(field)}
