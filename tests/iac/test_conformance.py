"""The backends of this project keep what they promise."""

from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.backends.conformance import BackendConformance


class TestLocalFileBackend(BackendConformance):
    def open_backend(self, place):
        return LocalFileBackend(place)
