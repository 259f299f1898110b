"""Benchmark of a sync of a project with objects of all types.

The sandbox runs in its own process and takes 20 ms per response. Targets: no request is
made twice, and at most 1.2 times the time of a bare pool that GETs the same URLs.
"""

import argparse
import statistics
import sys
from collections import Counter

from served import served
from sync import WORKERS, bare, timed

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, State, StateManager

TARGET_RATIO = 1.2
OBJECTS = 20
LISTINGS = {"/projects/P0/evaluationstores/": 2}
"""Of some types there are several, which differ in the query."""


def sync(url: str, key: str) -> State:
    """Sync with a new manager, which reads all types that are read by default."""
    backend = LocalFileBackend("/nonexistent/never.state.json")
    client = DSSClient(url, key)
    return StateManager(backend, client, "benchmark", max_workers=WORKERS).sync_project(
        "P0"
    )


def main() -> int:
    """Print the results; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with served(datasets=OBJECTS, recipes=OBJECTS, others=OBJECTS) as host:
        state = sync(host.url, host.key)
        paths = host.paths()
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(timed(lambda: sync(host.url, host.key)))
            theirs.append(timed(lambda: bare(host, paths)))
    repeated = [
        path for path, count in Counter(paths).items() if count > LISTINGS.get(path, 1)
    ]
    counts = Counter(item.resource_type for item in state)
    ratio = statistics.median(
        our / their for our, their in zip(ours, theirs, strict=True)
    )
    print(f"{len(counts)} types, {len(state)} objects, {len(paths)} requests")
    print(f"  requests made twice  {', '.join(repeated) or 'none'}")
    print(f"  sync                 {statistics.median(ours):6.2f} s")
    print(f"  bare pool            {statistics.median(theirs):6.2f} s")
    print(f"  ratio to bare pool   {ratio:6.2f}   (target: {TARGET_RATIO})")
    is_met = ratio <= TARGET_RATIO and not repeated
    print("all targets met" if is_met else "A TARGET IS MISSED")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
