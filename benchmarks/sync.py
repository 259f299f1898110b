"""Benchmark of a sync, compared with a bare pool that GETs the same URLs.

The sandbox runs in its own process and takes 20 ms per response. Targets: at most 1.2
times the time of a bare pool with as many sessions, and at most eight requests more
than there are recipes.
"""

import argparse
import gc
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests
from served import Served, served

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, State, StateManager

WORKERS = 10
TARGET_RATIO, TARGET_EXTRA_REQUESTS = 1.2, 8


def timed(call: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    gc.collect()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def bare(host: Served, paths: list[str]) -> None:
    """GET the URLs with ten sessions, ignoring the responses."""
    local = threading.local()

    def get(path: str) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.auth = (host.key, "")
        local.session.get(f"{host.url}/dip/publicapi{path}").raise_for_status()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(get, paths))


def manager(host: Served, workers: int = WORKERS) -> StateManager:
    """Return a new manager with nothing cached."""
    backend = LocalFileBackend("/nonexistent/never.state.json")
    client = DSSClient(host.url, host.key)
    types = ["project", "dataset", "recipe"]  # Those that the yardstick requests.
    return StateManager(backend, client, "benchmark", max_workers=workers, types=types)


def one_project(runs: int) -> bool:
    """Measure 500 datasets and 500 recipes; return whether the targets are met."""
    with served() as host:
        state: State = manager(host).sync_project("P0")
        paths = host.paths()
        recipes = len(state.list_resources("recipe"))
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(timed(lambda: manager(host).sync_project("P0")))
            theirs.append(timed(lambda: bare(host, paths)))
        alone = timed(lambda: manager(host, 1).sync_project("P0"))
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    print(f"500 datasets + {recipes} recipes, 20 ms per request, {WORKERS} workers")
    print(f"  sync                 {statistics.median(ours):6.2f} s")
    print(f"  bare pool            {statistics.median(theirs):6.2f} s")
    print(f"  sync, one worker     {alone:6.2f} s")
    most = recipes + TARGET_EXTRA_REQUESTS
    print(f"  requests             {len(paths):6d}   (target: {most})")
    print(f"  ratio to bare pool   {ratio:6.2f}   (target: {TARGET_RATIO})")
    print(f"    in each run        {', '.join(f'{each:.2f}' for each in ratios)}")
    print(f"  ratio to one worker  {statistics.median(ours) / alone:6.2f}")
    return ratio <= TARGET_RATIO and len(paths) <= most


def many_projects(runs: int) -> None:
    """Measure 100 projects of ten datasets and ten recipes each."""
    with served(projects=100, datasets=10, recipes=10) as host:
        manager(host).sync_all()
        paths = host.paths()
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(timed(lambda: manager(host).sync_all()))
            theirs.append(timed(lambda: bare(host, paths)))
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    print(f"100 projects of 20 objects, 20 ms per request, {WORKERS} workers")
    print(f"  sync_all             {statistics.median(ours):6.2f} s")
    print(f"  bare pool            {statistics.median(theirs):6.2f} s")
    print(f"  requests             {len(paths):6d}")
    print(f"  ratio to bare pool   {ratio:6.2f}")


def main() -> int:
    """Print the results; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    targets_met = one_project(runs)
    many_projects(max(runs // 2, 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory            {peak:6.0f} MB")
    print("all targets met" if targets_met else "A TARGET IS MISSED")
    return 0 if targets_met else 1


if __name__ == "__main__":
    sys.exit(main())
