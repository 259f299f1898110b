"""Tests of many who save at once: nothing is lost, and nothing happens in silence."""

from typing import Any

from dataikuapi.iac.backends.conformance import works
from dataikuapi.iac.backends.conformance.elsewhere import Work
from dataikuapi.iac.backends.conformance.samples import a_state, rows_by_project
from dataikuapi.iac.backends.conformance.suite import Elsewhere, Suite, promised
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["RacingTests"]


class RacingTests(Suite):
    """In processes of their own, where the storage can be shared by these."""

    @promised(Capability.COMPARE_AND_SWAP)
    def test_of_many_who_save_the_whole_nothing_is_lost(
        self, place: Any, elsewhere: Elsewhere, many: int
    ) -> None:
        """Each tries again if it is refused; the first save is one of the race."""
        self._raced(place, elsewhere, many, works.race, many, False)
        self._check(place, many)

    @promised(Capability.LOCK)
    def test_under_the_lock_nobody_is_refused(
        self, place: Any, elsewhere: Elsewhere, many: int
    ) -> None:
        """So nobody has to try again."""
        conflicts = self._raced(place, elsewhere, many, works.race, many, True)
        assert conflicts == [0] * many
        self._check(place, many)

    @promised(Capability.COMPARE_AND_SWAP)
    def test_of_many_who_save_their_own_projects_nobody_is_refused(
        self, place: Any, elsewhere: Elsewhere, many: int
    ) -> None:
        """What they replace has nothing in common."""
        self.open_backend(place).save(a_state("SHOP", scope=True))
        self._raced(place, elsewhere, many, works.race_in_own_project, many)
        backend = self.open_backend(place)
        state = backend.load()
        expected = {
            f"dataset.P{worker}.d{number}"
            for worker in range(many)
            for number in range(many)
        }
        assert set(state.resources) == {"dataset.SHOP.orders"} | expected
        assert state.serial == 1 + many * many
        assert backend.verify() == []

    def test_readers_see_a_version_and_never_a_mixture(
        self, place: Any, elsewhere: Elsewhere, many: int
    ) -> None:
        """Of the whole, and of some projects, while somebody else saves."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", rows=0))
        writer = elsewhere(place, works.save_rounds, 5 * many)
        writer.hear()
        writer.tell()
        last = 0
        while not writer.is_done():
            for state in (backend.load(), backend.load_projects(["A", "B"])):
                one, other = (item.attributes["rows"] for item in state)
                assert one == other
                assert isinstance(one, int)
                assert one >= last
                last = one
        writer.result()
        assert rows_by_project(backend) == {"A": 5 * many, "B": 5 * many}

    def _raced(
        self,
        place: Any,
        elsewhere: Elsewhere,
        many: int,
        work: Work,
        *arguments: Any,
    ) -> list[Any]:
        """Let so many begin at once, and return what each of them returned."""
        people = [elsewhere(place, work, number, *arguments) for number in range(many)]
        for person in people:
            person.hear()
        for person in people:
            person.tell()
        return [person.result() for person in people]

    def _check(self, place: Any, many: int) -> None:
        backend = self.open_backend(place)
        state = backend.load()
        expected = {
            f"dataset.RACE.w{worker}_{number}"
            for worker in range(many)
            for number in range(many)
        }
        assert set(state.resources) == {"dataset.RACE.counter"} | expected
        counter = state.resources["dataset.RACE.counter"]
        assert counter.attributes == {"count": many * many}
        assert backend.verify() == []
        if not self.lacks(backend, Capability.COMPARE_AND_SWAP):
            assert state.serial == many * many - 1
