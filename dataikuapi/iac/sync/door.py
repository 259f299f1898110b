"""Lets a client in: a real one, or a stand-in such as a mock.

What a stand-in needs is decided here, so that nothing further in makes a difference.
"""

from collections.abc import Sequence

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.sync.connection import clone_client
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.sockets import SocketTracker
from dataikuapi.iac.types import CONTRACT_TYPES, TYPES, ResourceType

__all__ = ["Door", "door_for"]


class Door:
    """A client of dataikuapi.

    Args:
        client: not changed.

    Attributes:
        identifies: whether it can be asked which DSS it is, and whose API key it has.
    """

    identifies = True

    def __init__(self, client: DSSClient) -> None:
        self._client = client

    def clone(
        self, policy: RetryPolicy, sockets: SocketTracker | None = None
    ) -> DSSClient:
        """Return a client for one thread; see :func:`clone_client`."""
        return clone_client(self._client, policy, sockets)

    def threads(self, max_workers: int) -> int:
        """Return how many threads make calls; 0 if the calling one makes them all."""
        return max_workers if max_workers > 1 else 0

    def default_types(self) -> Sequence[ResourceType]:
        """Return the types that are read unless told otherwise."""
        return list(TYPES.values())


class _StandInDoor(Door):
    """A stand-in for a client: used as it is, in the calling thread."""

    identifies = False

    def clone(
        self, policy: RetryPolicy, sockets: SocketTracker | None = None
    ) -> DSSClient:
        """Return the stand-in itself."""
        return self._client

    def threads(self, max_workers: int) -> int:
        """Return that the calling thread makes all calls."""
        return 0

    def default_types(self) -> Sequence[ResourceType]:
        """Return the contract's types.

        A further type breaks no caller who replaced what reads these.
        """
        return CONTRACT_TYPES


def door_for(client: DSSClient) -> Door:
    """Return the door for a client.

    Args:
        client: a :class:`~dataikuapi.dssclient.DSSClient`, or a stand-in for one. Not
            isinstance() decides, which is true of a mock with a spec.
    """
    return (Door if issubclass(type(client), DSSClient) else _StandInDoor)(client)
