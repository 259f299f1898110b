"""What does it cost to keep a state on a server, and what does one project of it cost?

Two questions, for each storage:

1. Load and save of 10,000 resources, as ratios to moving the same bytes with the bare
   driver, parsed by orjson into plain objects, or serialized by it with their checksums
   (see storages.py). All resources of a state that is saved have changed, so that all
   bytes move. Bar: 1.5.
2. Of a state of 100,000 resources in 2,000 projects, what does it cost to load one
   project, as drift does, and to load, change and save it, as refresh does? In bytes
   and in time, as ratios to a state that holds that project alone. Bar: 3. A file, and
   a document of Terraform's protocol, are moved whole: their figures are to compare.

Both run in turns, without garbage collection; a ratio is the median of the runs. Bytes
are counted in runs of their own, by a port that passes them on. Resources are shaped
like real ones, half dataset documents, half recipes with a script, 2.7 kB each. Returns
1 if a bar does not hold.
"""

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

import orjson
from state import Results
from storages import Document, Storage, document_of, opened

from dataikuapi.iac import State, StateBackend
from dataikuapi.iac.statefile.serialization import loads

STORAGES = ("local", "s3", "postgresql", "http")
EACH = 50
"""Resources in a project."""
SMALL, LARGE = 200, 2_000
"""Projects."""
MOVING_BAR, PROJECT_BAR = 1.5, 3.0
CHOSEN = "P7"
_changes = count(1)


def state_of(document: Document) -> State:
    """Return a state that was never stored."""
    state = loads(orjson.dumps(document))
    state.lineage = None
    return state


def change(state: State, keys: list[str] | None = None) -> None:
    """Change some resources, or all."""
    number = next(_changes)
    for key in keys if keys is not None else state.resources:
        state.resources[key].attributes["version"] = number


class Times(NamedTuple):
    """How many seconds something took, and how many of them this process worked."""

    wall: float
    processor: float


def measured(call: Callable[[], object]) -> Times:
    """Return how long it takes."""
    gc.collect()
    gc.disable()
    try:
        started, worked = time.perf_counter(), time.process_time()
        result = call()
        found = Times(time.perf_counter() - started, time.process_time() - worked)
        del result  # Thrown away afterwards, as by who uses it.
    finally:
        gc.enable()
    return found


def compared(
    results: Results,
    name: str,
    bar: float | None,
    runs: int,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    prepare: Callable[[], object] = lambda: None,
) -> None:
    """Measure both in turns; print the ratio of the times.

    The processor time tells more where other processes keep the machine busy.
    """
    mine, yours = [], []
    for _ in range(runs):
        prepare()
        mine.append(measured(ours))
        yours.append(measured(theirs))
    pairs = list(zip(mine, yours, strict=True))
    ratios = sorted(our.wall / their.wall for our, their in pairs)
    worked = statistics.median(our.processor / their.processor for our, their in pairs)
    our, their = (statistics.median(each.wall for each in one) for one in (mine, yours))
    told = f"{our:.4f} s to {their:.4f} s; {ratios[0]:.2f} to {ratios[-1]:.2f}"
    told += f"; processor {worked:.2f}"
    show(results, name, statistics.median(ratios), bar, told)


def show(
    results: Results, name: str, ratio: float, bar: float | None, told: str
) -> None:
    """Print one figure, with its bar if it has one."""
    if bar is None:
        print(f"  {name:21} {ratio:5.0f}   (no bar)   {told}", flush=True)
    else:
        results.ratio(name, ratio, bar, told)


def moving(storage: Storage, projects: int, runs: int, results: Results) -> None:
    """Measure load and save of a whole state."""
    document = document_of(projects, EACH)
    backend, state = storage.open("whole"), state_of(document)
    backend.save(state)
    print(f"{storage.name}: {len(state.resources)} resources", flush=True)
    compared(
        results,
        "load",
        MOVING_BAR,
        runs,
        backend.load,
        lambda: storage.plain_load("whole"),
    )
    storage.plain_save(document)  # So that both replace something.
    compared(
        results,
        "save",
        MOVING_BAR,
        runs,
        lambda: backend.save(state),
        lambda: storage.plain_save(document),
        prepare=lambda: change(state),
    )


def load_one(backend: StateBackend) -> None:
    """Load what drift of a project needs."""
    assert len(backend.load_projects([CHOSEN]).resources) == EACH


def refresh_one(backend: StateBackend) -> None:
    """Load a project, change one of its resources, and save it, as refresh does."""
    state = backend.load_projects([CHOSEN])
    change(state, [next(iter(state.resources))])
    backend.save_scope(state)


def one_project(storage: Storage, projects: int, runs: int, results: Results) -> None:
    """Measure what one project costs, among many and alone."""
    document = document_of(projects, EACH)
    many = state_of(document)
    alone = state_of(document)
    alone.resources = {
        key: item for key, item in alone.resources.items() if item.project_key == CHOSEN
    }
    alone.scope = alone.scope and alone.scope.of_projects([CHOSEN])
    del document
    print(f"{storage.name}: a project of {EACH} among {len(many.resources)}")
    for name, state in (("many", many), ("alone", alone)):
        storage.open(name).save(state)
    del many, alone, state
    bar = PROJECT_BAR if storage.keeps_projects_apart else None
    for what, call in (("drift", load_one), ("refresh", refresh_one)):
        moved = []
        for name in ("many", "alone"):
            with storage.counted(name) as (backend, counter):
                call(backend)
            moved.append(counter.bytes)
        told = f"{moved[0] / 1e3:8.1f} kB to {moved[1] / 1e3:8.1f} kB"
        show(results, f"{what}: bytes", moved[0] / moved[1], bar, told)
        compared(
            results,
            f"{what}: time",
            bar,
            runs,
            lambda: call(storage.open("many")),  # noqa: B023
            lambda: call(storage.open("alone")),  # noqa: B023
        )


def main() -> int:
    """Print the figures; return 1 if a bar does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=STORAGES, default=STORAGES)
    parser.add_argument("--part", type=int, choices=(1, 2), help="one question alone")
    parser.add_argument("--projects", type=int, help=f"instead of {SMALL} and {LARGE}")
    parser.add_argument("--folder", help="for the files; a temporary one by default")
    options = parser.parse_args()
    results = Results()
    for name in options.only:
        with (
            tempfile.TemporaryDirectory(dir=options.folder) as folder,
            opened(name, Path(folder)) as storage,
        ):
            if options.part != 2:
                moving(storage, options.projects or SMALL, options.runs, results)
            if options.part != 1:
                projects = options.projects or LARGE
                one_project(storage, projects, options.runs, results)
    print("all bars hold" if results.held else "A BAR DOES NOT HOLD")
    return 0 if results.held else 1


if __name__ == "__main__":
    sys.exit(main())
