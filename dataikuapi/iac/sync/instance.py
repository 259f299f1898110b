"""Which DSS is it that is being read?"""

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DSSAuthenticationError,
    DSSError,
    DSSTimeoutError,
    DSSUnreachableError,
)
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sync.errors import ask

__all__ = ["is_other_instance", "read_instance"]

_FIELDS = {"node_id": "nodeId", "install_id": "installId", "dss_version": "dssVersion"}


def read_instance(client: DSSClient) -> dict[str, JSON] | None:
    """Return node id, install id and version of the instance.

    Returns:
        ``None`` where DSS does not tell (the call is not documented), and for a client
        that is no DSSClient.

    Raises:
        DSSError: if DSS could not be asked at all.
    """
    if not issubclass(type(client), DSSClient):
        return None
    try:
        raw = ask(client, None, lambda: dict(client.get_instance_info().raw))
    except (DSSAuthenticationError, DSSTimeoutError, DSSUnreachableError):
        raise
    except DSSError:
        return None
    return {name: raw[field] for name, field in _FIELDS.items() if raw.get(field)}


def is_other_instance(
    stored: dict[str, JSON] | None, fresh: dict[str, JSON] | None
) -> bool:
    """Tell whether two are certainly not the same; a new version is no new instance."""
    for name in ("install_id", "node_id"):
        if stored and fresh and stored.get(name) and fresh.get(name):
            return stored[name] != fresh[name]
    return False
