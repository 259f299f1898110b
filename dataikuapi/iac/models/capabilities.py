"""What a storage can promise beyond the five methods of a backend."""

from enum import Enum

__all__ = ["Capability"]


class Capability(str, Enum):
    """Something that a backend promises; what it does not, its users are told.

    ``dataikuapi.iac.backends.conformance`` tests each of them where it is declared, and
    that its absence is told where it is not.
    """

    SHARED = "shared by processes"
    """Several processes can open the same state at once."""
    COMPARE_AND_SWAP = "compare and swap"
    """A save is refused if the stored state is not the one that was loaded."""
    LOCK = "lock"
    """``lock()`` keeps others from saving."""
    LOCK_ENDS_WITH_HOLDER = "lock ends with its holder"
    """When the process that holds a lock dies, others can take it soon after."""
    LOCK_LIST = "lock list"
    """``locks()`` shows who holds a lock, to everybody who can open the storage."""
    LOCK_RELEASE = "lock release"
    """``release_lock()`` takes a lock away from whoever holds it."""
    LEASE = "lease"
    """``lease()`` keeps others from applying to the same projects."""
    HISTORY = "history"
    """Older versions are kept, and can be restored."""
    JOURNAL = "journal"
    """An interrupted apply can be resumed."""
    PARTS = "parts"
    """Reading or saving one project costs what that project costs."""
