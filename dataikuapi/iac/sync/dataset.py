"""Reads datasets."""

from dataikuapi.iac.sync.typed import TypedSync
from dataikuapi.iac.types.registry import DATASET

__all__ = ["DatasetSync"]


class DatasetSync(TypedSync):
    """Reads datasets: their settings and schema, never their data."""

    kind = DATASET
