"""Places that keep a state."""

from dataikuapi.iac.backends.base import StateBackend, StateVersion
from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.backends.local import LocalFileBackend
from dataikuapi.iac.backends.versions import Blob

__all__ = [
    "Blob",
    "BlobBackend",
    "LocalFileBackend",
    "StateBackend",
    "StateVersion",
]
