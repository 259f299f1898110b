"""Benchmark of an apply, compared with a bare pool that makes the same calls.

500 updates of datasets and recipes, spread over ten projects. The sandbox runs in its
own process and takes 20 ms per response. Targets: three calls for each update, and at
most 1.3 times the time of a bare pool with as many sessions, which reads each object,
puts it and reads it again.
"""

import argparse
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import requests
from served import Served, served
from sync import WORKERS, timed

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, State, StateManager
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.plan import ExecutionPlan, MaxChange, PlanOptions

PROJECTS, DATASETS, RECIPES = 10, 25, 25
UPDATES = PROJECTS * (DATASETS + RECIPES)
TARGET_RATIO, TARGET_CALLS = 1.3, 3
CALLS_ABOUT_DSS = 2 + PROJECTS
"""Which instance it is, whose key, and of each project what git has not committed."""


def bare(host: Served, paths: list[str]) -> None:
    """Read, put and read again each object, with ten sessions."""
    local = threading.local()

    def update(path: str) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.auth = (host.key, "")
        url = f"{host.url}/dip/publicapi{path}"
        document = local.session.get(url).content
        local.session.put(url, data=document).raise_for_status()
        local.session.get(url).raise_for_status()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(update, paths))


def paths_of(state: State) -> Iterator[str]:
    """Yield the paths of the objects that are updated."""
    for item in state:
        if item.resource_name:
            project = f"/projects/{item.project_key}"
            yield f"{project}/{item.resource_type}s/{item.resource_name}"


def edited(state: State, text: str) -> State:
    """Return a state whose objects, but not the projects, have a description."""
    found = [
        replace(
            item,
            attributes={**item.attributes, "shortDesc": text},
            metadata=replace(item.metadata, checksum=""),
        )
        for item in state
        if item.resource_name
    ]
    return replace(
        state,
        resources={**state.resources, **{item.resource_id: item for item in found}},
    )


def planned(manager: StateManager, text: str) -> ExecutionPlan:
    """Return a plan that gives each object another description."""
    wanted = edited(manager.load_state(), text)
    return manager.plan(wanted, PlanOptions(max_change=MaxChange(100, True)))


def main() -> int:
    """Print the results; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    options = {"projects": PROJECTS, "datasets": DATASETS, "recipes": RECIPES}
    with served(**options) as host, tempfile.TemporaryDirectory() as folder:
        client = DSSClient(host.url, host.key)
        manager = StateManager(
            LocalFileBackend(Path(folder) / "benchmark.state.json"),
            client,
            "benchmark",
            max_workers=WORKERS,
            types=["project", "dataset", "recipe"],
        )
        manager.save_state(manager.sync_all())
        paths = list(paths_of(manager.load_state()))
        ours, theirs = [], []
        for number in range(runs):
            plan = planned(manager, f"run {number}")
            engine = ApplyEngine(client, manager)
            host.paths()
            ours.append(timed(lambda: engine.apply(plan)))  # noqa: B023
            calls = len(host.paths())
            theirs.append(timed(lambda: bare(host, paths)))
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    each = (calls - CALLS_ABOUT_DSS) / UPDATES
    print(f"{UPDATES} updates in {PROJECTS} projects, 20 ms per request")
    print(f"  apply                {statistics.median(ours):6.2f} s")
    print(f"  bare pool            {statistics.median(theirs):6.2f} s")
    print(f"  calls for each       {each:6.2f}   (target: {TARGET_CALLS})")
    print(f"  ratio to bare pool   {ratio:6.2f}   (target: {TARGET_RATIO})")
    print(f"    in each run        {', '.join(f'{each:.2f}' for each in ratios)}")
    is_met = ratio <= TARGET_RATIO and each <= TARGET_CALLS
    print("all targets met" if is_met else "A TARGET IS MISSED")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
