"""Benchmark of a sync over a bad network, which must give the same state.

2,000 objects; of the responses, 5 % are 503s, 2 % are truncated and 1 % arrive after
the timeout. Retries back off as they do in production.
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
    """Return the state of all projects, and the seconds that the sync took."""
    policy = RetryPolicy(read_timeout=1.0)
    backend = LocalFileBackend("/nonexistent/never.state.json")
    client = DSSClient(host.url, host.key)
    manager = StateManager(backend, client, "benchmark", policy=policy)
    started = time.perf_counter()
    return manager.sync_all(), time.perf_counter() - started


def main() -> int:
    """Print the results; return 1 if the states differ."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with served(latency=0.005, **OBJECTS) as host:
        expected, without_faults = synced(host)
        requests = len(host.paths())
    with served(latency=0.005, **OBJECTS, **FAULTS) as host:
        found, with_faults = synced(host)
        attempts = Counter(host.paths())
    changes = [
        diff
        for diff in DiffEngine().diff(expected, found)
        if diff.change_type is not ChangeType.UNCHANGED
    ]
    print(f"{len(found.resources)} resources")
    print(f"  without faults   {without_faults:6.2f} s, {requests} requests")
    print(f"  with faults      {with_faults:6.2f} s, {attempts.total()} requests")
    print(f"  retries          {attempts.total() - len(attempts)}")
    print(f"  most attempts    {max(attempts.values())} for one URL")
    print(f"  resources that differ from the state without faults: {len(changes)}")
    return 1 if changes or expected.resources.keys() != found.resources.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
