"""A scheme for tests: ``folder://FOLDER/NAME`` is a state in a folder below here."""

from urllib.parse import urlsplit

import pytest

from dataikuapi.iac.backends import LocalFileBackend, registry
from dataikuapi.iac.models.urls import without_credentials


class UrlBackend(LocalFileBackend):
    """A state in the current folder, by its URL."""

    def __init__(self, url):
        parts = urlsplit(url)
        super().__init__(f"{parts.hostname}{parts.path}")
        self._url = url

    def __repr__(self):
        """Return the class and the URL, without credentials."""
        return f"<UrlBackend {without_credentials(self._url)}>"


@pytest.fixture
def folder_scheme(monkeypatch):
    """States at ``folder://``; those at ``absent://`` need a driver that is missing."""
    known = registry._BACKENDS
    opener = registry._Opener("iac.url_states", "UrlBackend")
    absent = opener._replace(module="no_such", driver="no_such", extra="absent")
    monkeypatch.setitem(known, "folder", opener)
    monkeypatch.setitem(known, "absent", absent)
