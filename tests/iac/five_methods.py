"""A backend with the five methods that are abstract, and nothing else."""

from dataikuapi.iac.backends import StateBackend
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.statefile.serialization import dumps, loads


class FiveMethods(StateBackend):
    """Has what is abstract, and nothing else; its ``save`` knows no ``force``."""

    def __init__(self):
        self.data = None
        self.backups = []

    def load(self):
        return loads(self._stored())

    def save(self, state):  # type: ignore[override]
        self.data = dumps(state)

    def exists(self):
        return self.data is not None

    def delete(self):
        self._stored()
        self.data = None

    def backup(self, suffix="backup"):
        self.backups.append(self._stored())
        return f"{suffix}-{len(self.backups)}"

    def _stored(self):
        if self.data is None:
            raise StateNotFoundError("nothing is stored")
        return self.data
