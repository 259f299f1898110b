"""A small project that comes with the library, in DSS's git layout."""

from __future__ import annotations

from pathlib import Path

SAMPLE_PROJECT_KEY = "ORDERS_DEMO"


def sample_folder() -> Path:
    """Return the folder that holds the sample project."""
    return Path(__file__).resolve().parent / SAMPLE_PROJECT_KEY
