"""Reads an instance again, and reports what differs from the stored state."""

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.merge import require_same_instance
from dataikuapi.iac.models import State
from dataikuapi.iac.selection import Selection
from dataikuapi.iac.state_reader import StateReader
from dataikuapi.iac.sync.instance import Progress

__all__ = ["read_drift"]


def read_drift(
    reader: StateReader,
    stored: State,
    selection: Selection,
    engine: DiffEngine,
    progress: Progress,
) -> DriftReport:
    """Return the drift report of what is selected.

    Args:
        reader: reads the instance.
        stored: the stored state.
        selection: what of it to read.
        engine: compares.
        progress: see :meth:`StateManager.sync_all`.

    Raises:
        InstanceMismatchError: if the stored state is of another DSS instance.
        DSSError: if nothing could be read. A part that could not be is unknown.
    """
    fresh, _ = reader.reread(stored, selection, "keep", progress)
    require_same_instance(stored, fresh)
    unwatched = reader.unwatched_projects(stored, selection)
    return DriftReport.between(stored, fresh, engine, selection, reader.host, unwatched)
