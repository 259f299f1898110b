"""Adapts a client: a real DSSClient, or a test double such as a mock.

All special treatment of test doubles is in this module.
"""

from collections.abc import Iterable, Sequence

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.sync.connection import clone_client
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.shared_responses import SharedResponses
from dataikuapi.iac.sync.sockets import SocketTracker
from dataikuapi.iac.types import CORE_TYPES, TYPES
from dataikuapi.iac.types.naming import select_types
from dataikuapi.iac.types.registry import default_types

__all__ = ["ClientAdapter", "adapt_client", "selected_types"]


class ClientAdapter:
    """A client of dataikuapi.

    Args:
        client: not changed.

    Attributes:
        can_identify: whether it can be asked which DSS it is, and whose API key it has.
    """

    can_identify = True

    def __init__(self, client: DSSClient) -> None:
        self._client = client

    def clone(
        self,
        policy: RetryPolicy,
        sockets: SocketTracker | None = None,
        shared: SharedResponses | None = None,
    ) -> DSSClient:
        """Return a client for one thread; see :func:`clone_client`."""
        return clone_client(self._client, policy, sockets, shared)

    def thread_count(self, max_workers: int) -> int:
        """Return how many threads make calls; 0 if the calling one makes them all."""
        return max_workers if max_workers > 1 else 0

    def default_types(self) -> Sequence[str]:
        """Return the names of the resource types to read by default."""
        return default_types()


class _CannedAdapter(ClientAdapter):
    """Adapts a real client whose responses are made up, by a method of its own."""

    def default_types(self) -> Sequence[str]:
        """Return project, dataset and recipe; see :class:`_DoubleAdapter`."""
        return [kind.name for kind in CORE_TYPES]


class _DoubleAdapter(ClientAdapter):
    """Adapts a test double: it is used as it is, in the calling thread."""

    can_identify = False

    def clone(
        self,
        policy: RetryPolicy,
        sockets: SocketTracker | None = None,
        shared: SharedResponses | None = None,
    ) -> DSSClient:
        """Return the test double itself."""
        return self._client

    def thread_count(self, max_workers: int) -> int:
        """Return that the calling thread makes all calls."""
        return 0

    def default_types(self) -> Sequence[str]:
        """Return project, dataset and recipe.

        So a new resource type does not break callers who replaced the three readers.
        """
        return [kind.name for kind in CORE_TYPES]


def adapt_client(client: DSSClient) -> ClientAdapter:
    """Return an adapter for a client.

    Args:
        client: a :class:`~dataikuapi.dssclient.DSSClient`, or a test double for
            one. isinstance() cannot distinguish them: it is true of a mock with a spec.
    """
    if not issubclass(type(client), DSSClient):
        return _DoubleAdapter(client)
    is_canned = "_perform_json" in vars(client)
    return _CannedAdapter(client) if is_canned else ClientAdapter(client)


def selected_types(client: DSSClient, types: Iterable[str] | None) -> list[str]:
    """Return the names of the types to read with a client.

    Those that are in no project are read on demand only, so types of projects alone do
    not exclude them.
    """
    adapter = adapt_client(client)
    if types is None:
        return list(adapter.default_types())
    names = select_types(types)
    if adapter.can_identify and not any(TYPES[name].is_on_instance for name in names):
        names += [kind.name for kind in TYPES.values() if kind.is_on_instance]
    return names
