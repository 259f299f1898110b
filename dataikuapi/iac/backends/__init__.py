"""Places that keep a state."""

from dataikuapi.iac.backends.base import StateBackend, StateVersion
from dataikuapi.iac.backends.blob import Blob, BlobBackend
from dataikuapi.iac.backends.local import LocalFileBackend

__all__ = [
    "Blob",
    "BlobBackend",
    "LocalFileBackend",
    "StateBackend",
    "StateVersion",
]
