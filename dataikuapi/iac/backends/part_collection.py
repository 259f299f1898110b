"""Remove the parts that no manifest leads to."""

from collections.abc import Sequence
from datetime import timedelta

from dataikuapi.iac.backends.blob_store import BlobInfo, BlobStore
from dataikuapi.iac.backends.part_store import PartStore
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.statefile.manifest import Manifest

__all__ = ["collect"]

GRACE = timedelta(days=1)
"""How long a part stays after it was written, even if no manifest leads to it: a save
writes parts before their manifest."""

logger = get_logger(__name__)


def collect(
    store: BlobStore, parts: PartStore, name: str, copies: Sequence[BlobInfo]
) -> None:
    """Remove the parts that no manifest leads to, if they are not new.

    How old they are is told by the clock of the storage alone. A failure is no reason
    for a save to fail: the next collection tries again.

    Args:
        store: holds the state.
        parts: of the state.
        name: of the manifest of the stored state.
        copies: all other manifests; one was just written, so there is one.
    """
    try:
        stored = parts.stored()
        manifests = []
        for each in (name, *(copy.name for copy in copies)):
            try:
                manifests.append(Manifest.from_bytes(store.read(each).data))
            except StateNotFoundError:
                continue  # Pruned in the meantime.
        needed = parts.blob_names(manifests)
        unneeded = [blob for blob in stored if blob.name not in needed]
        newest = max(blob.modified for blob in (*stored, *copies))
        parts.remove([b for b in unneeded if b.modified < newest - GRACE])
    except (StateCorruptedError, StateReadError, StateWriteError) as error:
        logger.warning("parts that nothing refers to were not removed: %s", error)
