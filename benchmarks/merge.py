"""Benchmark of handling a state with many projects.

Yardstick: the same number of resources in one project, measured alternately in the same
run. For each step that processes a sync of all projects, prints the time per resource
and the ratio, as medians of the runs. Returns 1 if a target is missed.
"""

import argparse
import gc
import statistics
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from time import perf_counter

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.merge import collect_unknown, merge
from dataikuapi.iac.models import Resource, Scope, State
from dataikuapi.iac.models.ids import listing_key
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.outdated import require_not_outdated

RESOURCES, PROJECTS = 10_000, 1_000
TARGET = 1.3
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
TYPES = ("dataset", "project", "recipe")
GONE = 10
"""One resource in this many has been deleted in the second sync."""


def states(projects: int) -> tuple[State, State]:
    """Return a stored state and a newer sync of all its projects.

    The resources are small, so copying their attributes does not dominate.
    """
    resources = {}
    for number in range(RESOURCES):
        resource_id = f"dataset.P{number % projects}.d{number // projects}"
        attributes: dict[str, JSON] = {"type": "S3", "params": {"path": f"/{number}"}}
        resources[resource_id] = Resource("dataset", resource_id, attributes)
    parts = [(f"P{number}", kind) for number in range(projects) for kind in TYPES]
    later = NOON + timedelta(minutes=1)
    there = dict(item for n, item in enumerate(resources.items()) if n % GONE)
    return (
        State(resources=resources, scope=Scope.from_parts(parts, NOON)),
        State(resources=there, scope=Scope.from_parts(parts, later)),
    )


def steps(projects: int) -> dict[str, Callable[[], object]]:
    """Return the steps that process a sync, by name."""
    stored, fresh = states(projects)
    keys = [listing_key("dataset", f"P{number}") for number in range(projects)]
    others = [f"recipe.P0.r{number}" for number in range(PROJECTS - projects)]
    failures = {key: OSError("timeout") for key in (*keys, *others)}  # Same number.

    def merged() -> State:
        require_not_outdated(stored, fresh)
        return merge(stored, fresh)

    assert merged().resources.keys() == fresh.resources.keys()
    return {
        "merge a sync into a stored state": merged,
        "compare a stored state with it": lambda: DiffEngine().diff(stored, fresh),
        "find what failed listings leave out": lambda: collect_unknown(
            stored, failures, ()
        ),
    }


def timed(call: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    started = perf_counter()
    call()
    return perf_counter() - started


def main() -> int:
    """Print the results; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    many, one = steps(PROJECTS), steps(1)
    gc.disable()
    worst = 0.0
    print(f"{RESOURCES} resources in {PROJECTS} projects, compared with one project")
    for name, call in many.items():
        times = [(timed(call), timed(one[name])) for _ in range(runs)]
        ratio = statistics.median(ours / theirs for ours, theirs in times)
        ours, theirs = (
            statistics.median(each) / RESOURCES * 1e6
            for each in zip(*times, strict=True)
        )
        worst = max(worst, ratio)
        print(f"  {name:36} {ours:5.1f} us to {theirs:5.1f} us {ratio:6.2f}")
    print(f"worst ratio: {worst:.2f}   (target: {TARGET})")
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main())
