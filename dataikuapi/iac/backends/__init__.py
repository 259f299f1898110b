"""Backends: where states are stored."""

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobInfo, BlobStore
from dataikuapi.iac.backends.local import LocalFileBackend
from dataikuapi.iac.backends.migration import Migration, migrate
from dataikuapi.iac.backends.registry import open_backend
from dataikuapi.iac.backends.state_version import StateVersion, StateVersions

__all__ = [
    "ABSENT",
    "Blob",
    "BlobBackend",
    "BlobInfo",
    "BlobStore",
    "LocalFileBackend",
    "Migration",
    "StateBackend",
    "StateVersion",
    "StateVersions",
    "migrate",
    "open_backend",
]
