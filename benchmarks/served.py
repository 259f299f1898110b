"""A sandbox in its own process, so that it takes no time from what is measured.

Started by the benchmarks. It prints its URL and API key, then responds to each line on
standard input with the paths requested since the last one, as JSON.
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dataikuapi.iac.sandbox import Fault, ProjectStore, SandboxServer
from dataikuapi.iac.sandbox.kinds.recipe import RECIPE
from dataikuapi.iac.sandbox.kinds.registry import KINDS


@dataclass
class Served:
    """A running sandbox process."""

    url: str
    key: str
    process: "subprocess.Popen[str]"

    def paths(self) -> list[str]:
        """Return the paths requested since the last call."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("paths\n")
        self.process.stdin.flush()
        found: list[str] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def served(**options: Any) -> Iterator[Served]:
    """Run a sandbox with the command-line options of :func:`main`."""
    arguments = [
        f"--{name.replace('_', '-')}={value}" for name, value in options.items()
    ]
    process = subprocess.Popen(
        [sys.executable, __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        url, key = process.stdout.readline().split()
        yield Served(url, key, process)
    finally:
        process.stdin.close()
        process.wait()


def dataset(number: int) -> dict[str, Any]:
    """Return a dataset of realistic size: about 2.7 kB of compact JSON."""
    columns = [
        {"name": f"column_{index}", "type": "string", "comment": f"the {index}th of it"}
        for index in range(20)
    ]
    probes = [
        {
            "type": kind,
            "enabled": True,
            "computeOnBuildMode": "NO",
            "meta": {"level": 1},
        }
        for kind in ("basic", "records", "col_stats", "adv_col_stats")
    ]
    engines = {
        name: {"active": True, "extraConf": [], "selection": {"maxRecords": -1}}
        for name in ("hive", "basic", "dss", "sql", "impala", "spark", "python")
    }
    return {
        "type": "PostgreSQL",
        "managed": True,
        "params": {"connection": "PG", "table": f"t_{number}", "mode": "table"},
        "schema": {"columns": columns, "userModified": True},
        "metrics": {"probes": probes, "engineConfig": engines, "displayedState": {}},
        "tags": ["b", "a"],
    }


def script(number: int) -> str:
    """Return a script of realistic length."""
    lines = [f"frame['c{index}'] = frame['a'] * {number}" for index in range(60)]
    return "import dataiku\n" + "\n".join(lines) + "\n"


def store_of(projects: int, datasets: int, recipes: int) -> ProjectStore:
    """Return projects P0, P1, ... with this many objects each."""
    store = ProjectStore()
    for project in range(projects):
        key = f"P{project}"
        store.add_project(key)
        for number in range(datasets):
            store.add_dataset(key, f"dataset_{number}", **dataset(number))
        for number in range(recipes):
            store.add_recipe(key, f"recipe_{number}", payload=script(number))
    return store


def add_others(store: ProjectStore, key: str, count: int) -> None:
    """Add so many objects of each kind whose listing is a summary."""
    for kind in KINDS:
        if kind.list_fields is not None and kind is not RECIPE and "{" not in kind.path:
            for number in range(count):
                given = {"name": f"Object {number}", "type": "ANY_AGENT"}
                known = {*kind.fields.required, *kind.fields.always}
                fields = {name: given[name] for name in given if name in known}
                name = f"{kind.label.replace(' ', '_')}_{number}"
                store.add(kind, key, name, **fields)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=1)
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--recipes", type=int, default=500)
    parser.add_argument(
        "--others", type=int, default=0, help="objects of each other kind in P0"
    )
    parser.add_argument(
        "--latency", type=float, default=0.02, help="seconds per request"
    )
    parser.add_argument("--unavailable", type=float, default=0.0, help="share of 503s")
    parser.add_argument("--reset", type=float, default=0.0, help="share of resets")
    parser.add_argument(
        "--late", type=float, default=0.0, help="share of late responses"
    )
    parser.add_argument("--lateness", type=float, default=1.0, help="seconds of delay")
    options = parser.parse_args()
    rng, paths = random.Random(1), []

    def plan(method: str, path: str) -> Fault:
        paths.append(path)
        roll = rng.random()
        for share, fault in (
            (options.unavailable, Fault.page(503)),
            (options.reset, Fault.reset()),
            (options.late, Fault.slow(options.lateness)),
        ):
            if roll < share:
                return fault
            roll -= share
        return Fault.slow(options.latency)

    store = store_of(options.projects, options.datasets, options.recipes)
    add_others(store, "P0", options.others)
    with SandboxServer(store) as server:
        server.faults = plan
        print(server.url, server.api_key, flush=True)
        for _ in sys.stdin:
            print(json.dumps(paths), flush=True)
            paths.clear()


if __name__ == "__main__":
    main()
