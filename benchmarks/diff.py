"""What does it cost to tell the changes inside big documents, aligned?

Yardstick: the same with documents of half the size. Twice the size may cost little more
than twice the time, and never four times as much, as comparing each with each does.
Prints milliseconds and the ratio of each case, medians of the runs, and the bar.
"""

import argparse
import gc
import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter

from dataikuapi.iac.diff import DiffEngine, apply_changes
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import json_equal

BAR = 3.0
"""Times half the size: between what is linear, 2, and what is quadratic, 4."""

PAYLOAD = 465_000
"""Bytes of a payload as large as real ones get."""

COLUMNS = 2000


def step(number: int) -> dict:
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


def steps(size: int) -> list:
    """Return as many steps as make up a payload of so many bytes."""
    return [step(number) for number in range(size // len(json.dumps(step(1000))))]


def columns(count: int) -> list:
    """Return columns of a schema."""
    return [{"name": f"c{n}", "type": "string", "maxLength": -1} for n in range(count)]


def cases(payload: int, width: int) -> dict[str, tuple[dict, dict]]:
    """Return pairs of attributes, old and new.

    Args:
        payload: bytes of a payload.
        width: columns of a schema.
    """
    prepare, schema = steps(payload), columns(width)
    edited = [{**item, "disabled": True} for item in prepare]
    script = "\n".join(f"x_{number} = {number}" for number in range(payload // 18))
    repeated = "\n".join(["if x:", "    y()", ""] * (payload // 16))
    typed = [{**item, "type": "bigint"} for item in schema]
    return {
        "a step put in front of a payload of 465 kB": (
            {"payload": {"steps": prepare}},
            {"payload": {"steps": [step(-1), *prepare]}},
        ),
        "each step of it edited": (
            {"payload": {"steps": prepare}},
            {"payload": {"steps": edited}},
        ),
        "a schema of 2,000 columns turned round": (
            {"schema": {"columns": schema}},
            {"schema": {"columns": schema[::-1]}},
        ),
        "each of its columns of another type": (
            {"schema": {"columns": schema}},
            {"schema": {"columns": typed}},
        ),
        "a script of 465 kB, each tenth line another": (
            {"payload": script},
            {"payload": script.replace("0\n", "0 + 1\n")},
        ),
        "a script of 465 kB with three different lines": (
            {"payload": repeated},
            {"payload": repeated.replace("y()", "z()")},
        ),
    }


def timed(call: Callable[[], object]) -> float:
    """Return seconds."""
    started = perf_counter()
    call()
    return perf_counter() - started


def state(attributes: dict) -> State:
    """Return a state of one recipe."""
    made = State()
    made.add_resource(Resource("recipe", "recipe.P.r", attributes))
    return made


def measure(old: dict, new: dict) -> tuple[Callable[[], str], int]:
    """Return a call that tells the changes, and how many there are."""
    before, after = state(old), state(new)

    def told() -> str:
        engine = DiffEngine()
        return engine.format_output(engine.diff(before, after))

    (diff,) = DiffEngine().diff(before, after)
    assert json_equal(apply_changes(old, diff.changes), new), "the changes are wrong"
    return told, len(diff.changes)


def main() -> int:
    """Print each case; return 1 if a bar does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    gc.disable()
    worst = 0.0
    halves = cases(PAYLOAD // 2, COLUMNS // 2)
    for name, pair in cases(PAYLOAD, COLUMNS).items():
        told, changes = measure(*pair)
        half, _ = measure(*halves[name])
        times = [(timed(told), timed(half)) for _ in range(runs)]
        ratio = statistics.median(whole / part for whole, part in times)
        seconds = statistics.median(whole for whole, _ in times)
        worst = max(worst, ratio)
        print(f"{name:48} {changes:5} changes {seconds * 1000:6.0f} ms {ratio:5.2f}")
    print(f"the worst, times half the size: {worst:.2f}   (bar: {BAR})")
    return int(worst > BAR)


if __name__ == "__main__":
    sys.exit(main())
