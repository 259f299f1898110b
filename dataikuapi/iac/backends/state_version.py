"""Older versions of a state, as a listing shows them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from dataikuapi.iac.models import State

__all__ = ["StateVersion", "StateVersions"]


@dataclass(frozen=True)
class StateVersion:
    """One older version of a state, as a listing shows it.

    What a listing does not show, ``lineage`` and ``resources``, is read on first use.

    Args:
        serial: of the version. A backend may infer it without reading the version;
            the state that ``load`` returns has the true one.
        time: when it was stored; where a storage keeps versions by copying them, when
            it was replaced.
        size: in bytes.
        name: under which it is kept.
        load: reads the version. Raises StateNotFoundError if it was pruned since it
            was listed, StateReadError or StateCorruptedError if it cannot be read.
    """

    serial: int
    time: datetime
    size: int
    name: str
    load: Callable[[], State] = field(repr=False, compare=False)

    @property
    def lineage(self) -> str | None:
        """The lineage of the version; raises what ``load`` raises."""
        return self._contents[0]

    @property
    def resources(self) -> int:
        """How many resources the version has; raises what ``load`` raises."""
        return self._contents[1]

    @cached_property
    def _contents(self) -> tuple[str | None, int]:
        state = self.load()
        return state.lineage, len(state.resources)


class StateVersions(list[StateVersion]):
    """Older versions of a state, newest first; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        """Return what a notebook shows, without reading a version."""
        from dataikuapi.iac.reports.notebook import versions_html

        return versions_html(
            (item.serial, item.time, item.size, item.name) for item in self
        )
