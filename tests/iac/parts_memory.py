"""A backend in memory that keeps the projects of a state apart."""

import copy
import itertools
from datetime import datetime, timezone
from functools import partial

from dataikuapi.iac.backends.conflicts import based_on
from dataikuapi.iac.backends.partitioned import PartitionedBackend
from dataikuapi.iac.backends.state_version import StateVersion, StateVersions
from dataikuapi.iac.exceptions import StateConflictError, StateNotFoundError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.statefile.parts import unite

_tokens = itertools.count(1)


class Shared:
    """What several backends have in common: versions, the newest last."""

    def __init__(self):
        self.versions = []
        self.is_stored = False
        self.backups = []
        self.read = []


class PartsInMemory(PartitionedBackend):
    """Counts which projects were read."""

    capabilities = frozenset(
        {Capability.COMPARE_AND_SWAP, Capability.HISTORY, Capability.PARTS}
    )

    def __init__(self, shared=None):
        self.shared = shared or Shared()

    def read_parts(self, project_keys):
        token, head, parts, _ = self._stored()
        chosen = parts if project_keys is None else project_keys
        self.shared.read.append(sorted(chosen))
        return self._built(token, head, [parts[key] for key in chosen if key in parts])

    def read_version(self, serial):
        for token, head, parts, _ in reversed(self.shared.versions):
            if head["serial"] == serial:
                return self._built(token, head, parts.values())
        raise StateNotFoundError(f"no version with serial {serial}")

    def history(self):
        older = self.shared.versions[: -1 if self.shared.is_stored else None]
        return StateVersions(
            StateVersion(
                head["serial"], at, 1, token, partial(self.read_version, head["serial"])
            )
            for token, head, _, at in reversed(older)
        )

    def _stored(self):
        if not self.shared.is_stored:
            raise StateNotFoundError("nothing is stored")
        return self.shared.versions[-1]

    def _built(self, token, head, parts):
        state = State.from_dict(unite(head, parts))
        state.base_version = based_on(state, token)
        return state

    def replace_parts(self, new, force):
        stored = self._stored() if self.shared.is_stored else ("", {}, {})
        if not force and stored[0] != new.base.token:
            what = stored[1].get("serial", "nothing: it was deleted")
            raise StateConflictError(f"something else is stored: {what}")
        written, keys = copy.deepcopy(new.encoded.data), new.base.projects
        kept = (
            {}
            if keys is None
            else {k: v for k, v in stored[2].items() if k not in keys}
        )
        token, at = str(next(_tokens)), datetime.now(timezone.utc)
        parts = {**kept, **written.projects}
        self.shared.versions.append((token, written.head, parts, at))
        self.shared.is_stored = True
        return token

    def last_serial(self):
        return max((head["serial"] for _, head, *_ in self.shared.versions), default=0)

    def exists(self):
        return self.shared.is_stored

    def delete(self):
        self._stored()
        self.shared.is_stored = False

    def backup(self, suffix="backup"):
        self.shared.backups.append(self._stored())
        return f"{suffix}-{len(self.shared.backups)}"

    def load_backup(self, location):
        token, head, parts, _ = self.shared.backups[int(location.split("-")[-1]) - 1]
        return self._built(token, head, parts.values())
