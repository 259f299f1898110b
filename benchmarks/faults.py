"""Does a sync over a bad network give the same state, and at what price?

2,000 objects; of the answers 5 % are 503s, 2 % are cut off and 1 % come later than the
time-out. Waits between tries are as they are in use.
"""

import argparse
import sys
import time
from collections import Counter

from served import Served, served

from dataikuapi import DSSClient
from dataikuapi.iac import (
    ChangeType,
    DiffEngine,
    LocalFileBackend,
    RetryPolicy,
    State,
    StateManager,
)

OBJECTS = {"projects": 10, "datasets": 50, "recipes": 150}
FAULTS = {"unavailable": 0.05, "reset": 0.02, "late": 0.01, "lateness": 1.5}


def synced(host: Served) -> tuple[State, float]:
    """Return the state of all projects, and how many seconds it took to read it."""
    policy = RetryPolicy(read_timeout=1.0)
    backend = LocalFileBackend("/nonexistent/never.state.json")
    client = DSSClient(host.url, host.key)
    manager = StateManager(backend, client, "benchmark", policy=policy)
    started = time.perf_counter()
    return manager.sync_all(), time.perf_counter() - started


def main() -> int:
    """Print the figures; return 1 if the states differ."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with served(latency=0.005, **OBJECTS) as host:
        expected, quiet = synced(host)
        calls = len(host.paths())
    with served(latency=0.005, **OBJECTS, **FAULTS) as host:
        found, troubled = synced(host)
        tries = Counter(host.paths())
    changes = [
        diff
        for diff in DiffEngine().diff(expected, found)
        if diff.change_type is not ChangeType.UNCHANGED
    ]
    print(f"{len(found.resources)} resources")
    print(f"  without faults   {quiet:6.2f} s, {calls} requests")
    print(f"  with faults      {troubled:6.2f} s, {sum(tries.values())} requests")
    print(f"  asked again      {sum(tries.values()) - len(tries)} times")
    print(f"  most tries       {max(tries.values())} for one address")
    print(f"  objects that differ from the faultless state: {len(changes)}")
    return 1 if changes or expected.resources.keys() != found.resources.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
