"""How fast is a state loaded, saved and compared, and in how much memory?

Each figure is a ratio to a minimal yardstick inside one run, for 10,000 and 100,000
resources shaped like real ones: half nested dataset documents, half recipes with a
script, about 2.7 kB of compact JSON each. The garbage collector is off, for us and for
the yardstick. Memory is measured in processes of their own, as the highest resident
size less that before. Returns 1 if a bar does not hold.
"""

import argparse
import gc
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from served import dataset, script

from dataikuapi.iac import ChangeType, DiffEngine, LocalFileBackend
from dataikuapi.iac.statefile.serialization import loads

SMALL, LARGE = 10_000, 100_000
CHANGED = 0.01
OLD, NEW = "old.state.json", "new.state.json"
BARS = {
    "load + validate": 1.5,
    "load from disk": 1.5,
    "save": 1.75,
    "diff": 1.0,
    "peak memory of load": 3.0,
    "peak memory of diff": 3.0,
}
GROWTH_BAR = 1.3
INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
NOON = "2026-01-02T12:00:00Z"


# The data


def recipe(number: int) -> dict[str, Any]:
    """Return a recipe as big as real ones are, script included."""
    spark = {"inheritConf": "default", "conf": [], "readParams": {"mode": "AUTO"}}
    return {
        "type": "python",
        "inputs": {"main": {"items": [{"ref": f"d_{number}", "deps": []}]}},
        "outputs": {"main": {"items": [{"ref": f"o_{number}", "appendMode": False}]}},
        "params": {
            "engineParams": {"spark": spark, "maxThreads": 8},
            "envSelection": {"envMode": "INHERIT"},
            "containerSelection": {"containerMode": "INHERIT"},
        },
        "tags": ["a", "b"],
        "customMeta": {"kv": {}},
        "redispatchPartitioning": False,
        "maxRunningActivities": 0,
        "projectKey": "SHOP",
        "payload": script(number),
    }


def time_of(number: int, step: int) -> str:
    """Return a time of its own for each resource, as they are in use."""
    noon = datetime(2026, 1, 2, tzinfo=timezone.utc)
    moment = noon - number * timedelta(microseconds=step)
    return moment.isoformat().replace("+00:00", "Z")


def checksum(attributes: dict[str, Any]) -> str:
    """Return the checksum of the attributes, as the format has it."""
    text = json.dumps(attributes, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def entry(number: int, changed: bool) -> dict[str, Any]:
    """Return an entry of the state file; a changed one differs deep inside."""
    kind, attributes = (
        ("recipe", recipe(number)) if number % 2 else ("dataset", dataset(number))
    )
    name = f"{kind}_{number}"
    if changed and kind == "dataset":
        attributes["schema"]["columns"][7]["type"] = "bigint"
    elif changed:
        attributes["params"]["engineParams"]["spark"]["readParams"]["mode"] = "ALL"
    attributes = {"name": name, **attributes}
    return {
        "resource_type": kind,
        "resource_id": f"{kind}.SHOP.{name}",
        "attributes": attributes,
        "metadata": {
            "deployed_at": time_of(number, 1_000_003),
            "deployed_by": "anna",
            "checksum": checksum(attributes),
            "dataiku_internal_id": None,
            "last_modified_by": "bob",
            "last_modified_at": time_of(number, 77_003_000),
            "version_number": number % 40,
            "created_at": time_of(number, 55_001_000),
        },
    }


def document(size: int, changed: float = 0.0) -> bytes:
    """Return a state file of so many resources, of which this share is changed."""
    steps = range(0, size, round(1 / changed)) if changed else ()
    picked = {each + index % 2 for index, each in enumerate(steps)}  # Of both kinds.
    entries = [entry(number, number in picked) for number in range(size)]
    entries.sort(key=lambda item: str(item["resource_id"]))
    state = {
        "version": 1,
        "serial": 1,
        "environment": "benchmark",
        "updated_at": NOON,
        "resources": {item["resource_id"]: item for item in entries},
        "lineage": "5b1cd9a2-6f0c-4c53-9d2c-6f1d1f0f5c11",
    }
    return orjson.dumps(state, option=INDENTED)


# The yardsticks


class Plain:
    """The least that could be called a resource."""

    __slots__ = ("attributes", "metadata", "resource_id", "resource_type")

    def __init__(self, data: dict[str, Any]) -> None:
        self.resource_type = data["resource_type"]
        self.resource_id = data["resource_id"]
        self.attributes = data["attributes"]
        self.metadata = data["metadata"]


def plain_load(data: bytes) -> dict[str, Plain]:
    """Parse, and build plain objects."""
    entries = orjson.loads(data)["resources"]
    return {key: Plain(item) for key, item in entries.items()}


def plain_save(parsed: dict[str, Any], path: Path) -> None:
    """Compute the checksums, dump, and write a new file that survives a crash."""
    for item in parsed["resources"].values():
        item["metadata"]["checksum"] = checksum(item["attributes"])
    with path.open("xb") as file:
        file.write(orjson.dumps(parsed, option=INDENTED))
        file.flush()
        os.fsync(file.fileno())


# Measuring


class Results:
    """Prints the figures, and remembers whether a bar did not hold."""

    def __init__(self) -> None:
        self.held = True

    def ratio(self, name: str, ratio: float, bar: float, told: str) -> None:
        """Print one figure with its bar."""
        verdict = "" if ratio <= bar else "   DOES NOT HOLD"
        print(f"  {name:21} {ratio:5.2f}   (bar: {bar})   {told}{verdict}", flush=True)
        self.held = self.held and ratio <= bar


def timed(call: Callable[[], object]) -> float:
    """Return how many seconds it takes; what it returns is thrown away afterwards."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        result = call()
        seconds = time.perf_counter() - started
        del result
    finally:
        gc.enable()
    return seconds


def compared(
    results: Results,
    name: str,
    runs: int,
    ours: Callable[[], object],
    theirs: Callable[[], object],
) -> float:
    """Measure both in turns; return the median of our seconds."""
    pairs = [(timed(ours), timed(theirs)) for _ in range(runs)]
    our = statistics.median(mine for mine, _ in pairs)
    their = statistics.median(yours for _, yours in pairs)
    ratios = sorted(mine / yours for mine, yours in pairs)
    told = f"{our:7.3f} s to {their:7.3f} s; {ratios[0]:.2f} to {ratios[-1]:.2f}"
    results.ratio(name, statistics.median(ratios), BARS[name], told)
    return our


def speed(size: int, folder: Path, runs: int, results: Results) -> dict[str, float]:
    """Measure load, diff and save; return seconds per resource."""
    data, changed = document(size), document(size, CHANGED)
    (folder / OLD).write_bytes(data)
    (folder / NEW).write_bytes(changed)
    compact = len(orjson.dumps(orjson.loads(data))) / size / 1000
    print(f"{size} resources, {compact:.2f} kB each, {len(data) / 1e6:.0f} MB indented")
    seconds = {
        "load": load(data, folder, runs, results),
        "diff": diff(data, changed, runs, results),
        "save": save(data, folder, runs, results),
    }
    return {name: each / size for name, each in seconds.items()}


def load(data: bytes, folder: Path, runs: int, results: Results) -> float:
    """Measure loading from memory and, the conflict check prepared, from disk."""

    def from_disk() -> object:
        return LocalFileBackend(folder / OLD).load()

    def plain_from_disk() -> object:
        return plain_load((folder / OLD).read_bytes())

    name = "load + validate"
    found = compared(results, name, runs, lambda: loads(data), lambda: plain_load(data))
    compared(results, "load from disk", runs, from_disk, plain_from_disk)
    return found


def diff(data: bytes, changed: bytes, runs: int, results: Results) -> float:
    """Measure comparing two states that share nothing."""
    old, new = loads(data), loads(changed)
    found = compared(
        results,
        "diff",
        runs,
        lambda: DiffEngine().diff(old, new),
        lambda: json.loads(data),
    )
    diffs = DiffEngine().diff(old, new)
    modified = [each for each in diffs if each.change_type is ChangeType.MODIFIED]
    assert len(modified) == CHANGED * len(old.resources)
    assert {each.resource_type for each in modified} == {"dataset", "recipe"}
    return found


def save(data: bytes, folder: Path, runs: int, results: Results) -> float:
    """Measure saving a state that was loaded, over the one that is stored."""
    backend, parsed, names = LocalFileBackend(folder / OLD), orjson.loads(data), count()
    state = backend.load()
    return compared(
        results,
        "save",
        runs,
        lambda: backend.save(state),
        lambda: plain_save(parsed, folder / f"plain-{next(names)}.json"),
    )


# Memory


def megabytes(name: str) -> float:
    """Return VmRSS or VmHWM: what ru_maxrss says is inherited from the parent."""
    status = Path("/proc/self/status").read_text()
    match = re.search(rf"{name}:\s+([0-9]+) kB", status)
    assert match is not None
    return int(match[1]) / 1024


def peak_of(what: str, folder: Path) -> float:
    """Do one thing in this process; return its peak in megabytes."""
    small = loads(document(10))  # What is loaded or cached once is no matter of size.
    DiffEngine().diff(small, small)
    before = megabytes("VmRSS")
    if what == "document":
        parsed = orjson.loads((folder / OLD).read_bytes())
        del parsed["version"]
        return megabytes("VmRSS") - before
    first = LocalFileBackend(folder / OLD).load()
    if what == "diff":
        second = LocalFileBackend(folder / NEW).load()
        Path("/proc/self/clear_refs").write_text("5")  # Forget the peak of loading.
        DiffEngine().diff(first, second)
    return megabytes("VmHWM") - before


def memory(folder: Path, results: Results) -> None:
    """Measure the peaks, each in a process of its own."""
    peaks = {}
    for what in ("document", "load", "diff"):
        command = [sys.executable, __file__, "--peak", what, "--folder", str(folder)]
        peaks[what] = float(subprocess.check_output(command))
    for what in ("load", "diff"):
        told = f"{peaks[what]:.0f} MB to {peaks['document']:.0f} MB of the document"
        name = f"peak memory of {what}"
        results.ratio(name, peaks[what] / peaks["document"], BARS[name], told)


def main() -> int:
    """Print the figures; return 1 if a bar does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--quiet", action="store_true", help="10,000 resources only")
    parser.add_argument("--folder", help="for the files; a temporary one by default")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak_of(options.peak, Path(options.folder)))
        return 0
    results, seconds = Results(), {}
    for size in (SMALL,) if options.quiet else (SMALL, LARGE):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            runs = options.runs if size == SMALL else max(options.runs // 2, 1)
            seconds[size] = speed(size, Path(name), runs, results)
            memory(Path(name), results)
    if not options.quiet:
        print("growth: time per resource at 100,000 to that at 10,000")
        for name, each in seconds[LARGE].items():
            told = f"{each * 1e6:.1f} us to {seconds[SMALL][name] * 1e6:.1f} us"
            results.ratio(name, each / seconds[SMALL][name], GROWTH_BAR, told)
    print("all bars hold" if results.held else "A BAR DOES NOT HOLD")
    return 0 if results.held else 1


if __name__ == "__main__":
    sys.exit(main())
