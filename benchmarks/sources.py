"""How fast is a project read from a folder?

10,000 objects, half datasets and half recipes with a script. Each figure is a ratio to
opening the same files and parsing them with orjson, in the same run; the garbage
collector is off, for us and for the yardstick. The bar is that of a folder which pull
wrote: its marker tells the checksums of files that nobody has changed. The others have
none: an edit, the same folder without the marker as DSS commits it, and looking at the
attributes of everything. Returns 1 if the bar does not hold.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import orjson
from served import dataset
from state import recipe, timed

from dataikuapi.iac import DiffEngine, Resource, State
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sources import open_files, pull_project
from dataikuapi.iac.sources.marker import MARKER

SIZE = 10_000
EDITED = 100
BAR = 2.0


def project() -> State:
    """Return a project of that size."""
    resources = [Resource("project", "project.SHOP", {"name": "Shop"})]
    for number in range(SIZE // 2):
        for kind, make in (("dataset", dataset), ("recipe", recipe)):
            name = f"{kind}_{number}"
            attributes = {**make(number), "name": name}
            resources.append(Resource(kind, f"{kind}.SHOP.{name}", attributes))
    parts = [("SHOP", name) for name in ("project", "dataset", "recipe")]
    resources_by_id = {item.resource_id: item for item in resources}
    return State(resources=resources_by_id, scope=Scope.from_parts(parts, utc_now()))


def yardstick(folder: Path) -> Callable[[], None]:
    """Return what opens all files, and parses those that are JSON."""
    paths = [str(path) for path in folder.rglob("*") if path.is_file()]

    def call() -> None:
        for path in paths:
            with open(path, "rb") as file:
                data = file.read()
            if path.endswith(".json"):
                orjson.loads(data)

    return call


def read(folder: Path) -> State:
    """Read the folder."""
    state = open_files(str(folder)).read(types=["project", "dataset", "recipe"])
    assert len(state.resources) == SIZE + 1
    return state


def read_whole(folder: Path) -> list[int]:
    """Read the folder, and look at all attributes."""
    return [len(item.attributes) for item in read(folder)]


def compared(folder: Path, before: State) -> None:
    """Read the folder, and compare it with what it was."""
    diffs = DiffEngine().diff(before, read(folder))
    assert sum(diff.has_changed for diff in diffs) == EDITED


def edit(folder: Path) -> None:
    """Edit some of the datasets."""
    for number in range(EDITED):
        path = folder / "datasets" / f"dataset_{number}.json"
        document = {**orjson.loads(path.read_bytes()), "shortDesc": "edited"}
        path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def measure(
    name: str, runs: int, folder: Path, ours: Callable[[], object], bar: float | None
) -> bool:
    """Measure one thing and the yardstick in turns; return whether the bar holds."""
    theirs = yardstick(folder)
    pairs = [(timed(ours), timed(theirs)) for _ in range(runs)]
    ratios = sorted(mine / yours for mine, yours in pairs)
    ratio = statistics.median(ratios)
    seconds = statistics.median(mine for mine, _ in pairs)
    verdict = "" if bar is None else f"   (bar: {bar})"
    if bar is not None and ratio > bar:
        verdict += "   DOES NOT HOLD"
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"  {name:34} {ratio:6.2f}   {seconds:6.3f} s; {spread}{verdict}", flush=True)
    return bar is None or ratio <= bar


def main() -> int:
    """Print the figures; return 1 if the bar does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs: int = parser.parse_args().runs
    state = project()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "SHOP")
        pull_project(state, folder)
        before = read(folder)
        for item in before:
            assert item.attributes
        held = measure("as pull wrote it", runs, folder, lambda: read(folder), BAR)
        measure("all attributes of it", runs, folder, lambda: read_whole(folder), None)
        again = "pulled again"
        measure(again, runs, folder, lambda: pull_project(state, folder), None)
        edit(folder)
        edits = f"diff of {EDITED} edits"
        measure(edits, runs, folder, lambda: compared(folder, before), None)
        (folder / MARKER).unlink()
        measure("without the marker", runs, folder, lambda: read(folder), None)
    print("the bar holds" if held else "THE BAR DOES NOT HOLD")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
