"""Backends: where states are stored."""

from dataikuapi.iac.backends.base import StateBackend, StateVersion, StateVersions
from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobInfo, BlobStore
from dataikuapi.iac.backends.local import LocalFileBackend
from dataikuapi.iac.backends.registry import open_backend

__all__ = [
    "ABSENT",
    "Blob",
    "BlobBackend",
    "BlobInfo",
    "BlobStore",
    "LocalFileBackend",
    "StateBackend",
    "StateVersion",
    "StateVersions",
    "open_backend",
]
