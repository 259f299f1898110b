"""A backend in memory that keeps the projects of a state apart."""

import itertools

from dataikuapi.iac.backends.conflicts import based_on
from dataikuapi.iac.backends.partitioned import PartitionedBackend
from dataikuapi.iac.exceptions import StateConflictError, StateNotFoundError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.statefile.parts import unite

_tokens = itertools.count(1)


class Shared:
    """What several backends have in common: versions, the newest last."""

    def __init__(self):
        self.versions = []
        self.read = []


class PartsInMemory(PartitionedBackend):
    """Counts which projects were read."""

    capabilities = frozenset({Capability.COMPARE_AND_SWAP, Capability.PARTS})

    def __init__(self, shared=None):
        self.shared = shared or Shared()

    def read_parts(self, project_keys):
        if not self.shared.versions:
            raise StateNotFoundError("nothing is stored")
        token, head, parts = self.shared.versions[-1]
        chosen = parts if project_keys is None else project_keys
        self.shared.read.append(sorted(chosen))
        return self._built(token, head, [parts[key] for key in chosen if key in parts])

    def read_version(self, serial):
        for token, head, parts in self.shared.versions:
            if head["serial"] == serial:
                return self._built(token, head, parts.values())
        raise StateNotFoundError(f"no version with serial {serial}")

    def _built(self, token, head, parts):
        state = State.from_dict(unite(head, parts))
        state.base_version = based_on(state, token)
        return state

    def replace_parts(self, new, force):
        stored = self.shared.versions[-1] if self.shared.versions else ("", {}, {})
        if not force and stored[0] != new.base.token:
            raise StateConflictError("something else is stored")
        written, keys = new.encoded.data, new.base.projects
        kept = (
            {}
            if keys is None
            else {k: v for k, v in stored[2].items() if k not in keys}
        )
        token = str(next(_tokens))
        self.shared.versions.append((token, written.head, {**kept, **written.projects}))
        return token

    def last_serial(self):
        return max((head["serial"] for _, head, _ in self.shared.versions), default=0)

    def exists(self):
        return bool(self.shared.versions)

    def delete(self):
        self.shared.versions.clear()

    def backup(self, suffix="backup"):
        return suffix
