"""Benchmark of finding secrets in real documents.

Yardstick: json.dumps of the same documents with sorted keys, as for a checksum. Reads
the projects in git layout in a folder, and prints the time per document, the ratio, and
how many values were masked. Returns 1 if the target is missed.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import process_time

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.markers import marked_values
from dataikuapi.iac.types.secrets import redact, redact_constant

PROJECTS = Path(__file__).resolve().parents[2] / "shared" / "dss-projects"
SAMPLE = Path(__file__).resolve().parents[1] / "dataikuapi/iac/sandbox/samples"
TARGET = 5.0


def documents(folder: Path) -> Iterator[JSON]:
    """Yield the JSON documents in a folder, payloads of visual recipes included."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".sql"):
            with suppress(ValueError):  # A script, or data.
                yield json.loads(path.read_text("utf-8"))


def per_document(action: Callable[[JSON], object], values: list[JSON]) -> float:
    """Return the seconds that an action takes for one document."""
    start = process_time()
    for value in values:
        action(value)
    return (process_time() - start) / len(values)


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help=f"[{PROJECTS}, or sample]")
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    folder = arguments.folder or (PROJECTS if PROJECTS.exists() else SAMPLE)
    values = list(documents(folder))
    ours, yardstick = [], []
    for _ in range(arguments.runs):
        ours.append(per_document(lambda value: redact(value, redact_constant), values))
        yardstick.append(
            per_document(lambda value: json.dumps(value, sort_keys=True), values)
        )
    masked = sum(
        sum(1 for _ in marked_values(redact(value, redact_constant)))
        for value in values
    )
    ratio = statistics.median(ours) / statistics.median(yardstick)
    print(f"{len(values)} documents in {folder}, {masked} values masked")
    print(f"  redact      {statistics.median(ours) * 1000:.2f} ms per document")
    print(f"  json.dumps  {statistics.median(yardstick) * 1000:.2f} ms per document")
    print(f"  ratio       {ratio:.1f}  (target: {TARGET})")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
