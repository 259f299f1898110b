"""Benchmark of diffing large documents, with their list items and lines aligned.

Yardstick: the same with documents of half the size. Twice the size should take little
more than twice the time, not four times as a quadratic comparison does. Prints
milliseconds and the ratio for each case, as medians of the runs, and the target.
"""

import argparse
import gc
import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from dataikuapi.iac.diff import DiffEngine, apply_changes
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import json_equal

TARGET = 3.0
"""Ratio to half the size: between linear time, 2, and quadratic time, 4."""

PAYLOAD = 465_000
"""Size in bytes of a payload as large as real ones get."""

COLUMNS = 2000


def step(number: int) -> dict[str, Any]:
    """Return a step of a prepare recipe, as DSS writes one."""
    return {
        "metaType": "PROCESSOR",
        "type": "CreateColumnWithGREL",
        "preview": False,
        "disabled": False,
        "params": {
            "column": f"column_{number}",
            "expression": f'if(isBlank(c{number}), "", strip(c{number}) + "{number}")',
        },
        "alwaysShowComment": False,
    }


def steps(size: int) -> list[dict[str, Any]]:
    """Return steps that make up a payload of about this many bytes."""
    return [step(number) for number in range(size // len(json.dumps(step(1000))))]


def columns(count: int) -> list[dict[str, Any]]:
    """Return the columns of a schema."""
    return [{"name": f"c{n}", "type": "string", "maxLength": -1} for n in range(count)]


def cases(payload: int, width: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return pairs of attributes, old and new, by the name of the case.

    Args:
        payload: size of a payload in bytes.
        width: number of columns in a schema.
    """
    prepare, schema = steps(payload), columns(width)
    edited = [{**item, "disabled": True} for item in prepare]
    script = "\n".join(f"x_{number} = {number}" for number in range(payload // 18))
    repeated = "\n".join(["if x:", "    y()", ""] * (payload // 16))
    typed = [{**item, "type": "bigint"} for item in schema]
    return {
        "a step inserted at the start of 465 kB": (
            {"payload": {"steps": prepare}},
            {"payload": {"steps": [step(-1), *prepare]}},
        ),
        "every step edited": (
            {"payload": {"steps": prepare}},
            {"payload": {"steps": edited}},
        ),
        "a schema of 2,000 columns reversed": (
            {"schema": {"columns": schema}},
            {"schema": {"columns": schema[::-1]}},
        ),
        "every column with another type": (
            {"schema": {"columns": schema}},
            {"schema": {"columns": typed}},
        ),
        "a script of 465 kB, every tenth line changed": (
            {"payload": script},
            {"payload": script.replace("0\n", "0 + 1\n")},
        ),
        "a script of 465 kB of three repeated lines": (
            {"payload": repeated},
            {"payload": repeated.replace("y()", "z()")},
        ),
    }


def timed(call: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    started = perf_counter()
    call()
    return perf_counter() - started


def state(attributes: dict[str, Any]) -> State:
    """Return a state of one recipe."""
    result = State()
    result.add_resource(Resource("recipe", "recipe.P.r", attributes))
    return result


def measure(old: dict[str, Any], new: dict[str, Any]) -> tuple[Callable[[], str], int]:
    """Return a call that diffs and formats the changes, and their number."""
    before, after = state(old), state(new)

    def run() -> str:
        engine = DiffEngine()
        return engine.format_output(engine.diff(before, after))

    (diff,) = DiffEngine().diff(before, after)
    assert json_equal(apply_changes(old, diff.changes), new), "the changes are wrong"
    return run, len(diff.changes)


def main() -> int:
    """Print the results; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    gc.disable()
    worst = 0.0
    halves = cases(PAYLOAD // 2, COLUMNS // 2)
    for name, pair in cases(PAYLOAD, COLUMNS).items():
        whole, changes = measure(*pair)
        half, _ = measure(*halves[name])
        times = [(timed(whole), timed(half)) for _ in range(runs)]
        ratio = statistics.median(full / part for full, part in times)
        seconds = statistics.median(full for full, _ in times)
        worst = max(worst, ratio)
        print(f"{name:48} {changes:5} changes {seconds * 1000:6.0f} ms {ratio:5.2f}")
    print(f"worst ratio to half the size: {worst:.2f}   (target: {TARGET})")
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main())
