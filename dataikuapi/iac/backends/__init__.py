"""Places that keep a state."""

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.backends.local import LocalFileBackend

__all__ = ["BlobBackend", "LocalFileBackend", "StateBackend"]
