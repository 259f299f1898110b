"""A backend with the five methods that are abstract, and nothing else."""

from dataikuapi.iac import State
from dataikuapi.iac.backends import StateBackend
from dataikuapi.iac.exceptions import StateNotFoundError


class FiveMethods(StateBackend):
    """Has what is abstract, and nothing else; its ``save`` knows no ``force``."""

    def __init__(self):
        self.document = None

    def load(self):
        if self.document is None:
            raise StateNotFoundError("nothing is stored")
        return State.from_dict(self.document)

    def save(self, state):  # type: ignore[override]
        self.document = state.to_dict()

    def exists(self):
        return self.document is not None

    def delete(self):
        self.document = None

    def backup(self, suffix="backup"):
        return suffix
