"""Histories of projects: the sample's own, and those of real projects.

A history has one line per step, with the content of each file that was changed. The
first line has the whole project.
"""

import json
from pathlib import Path

import dataikuapi.iac.sandbox
from iac.conftest import REAL_PROJECTS

KEY = "ORDERS_DEMO"
SAMPLES = Path(dataikuapi.iac.sandbox.__file__).parent / "samples"
SAMPLE_HISTORY = SAMPLES / "ORDERS_DEMO.history.jsonl"


def path_of(name):
    """Return where the history of that name is."""
    return SAMPLE_HISTORY if name == KEY else REAL_PROJECTS / f"{name}.history.jsonl"


def read_history(path):
    """Return the file changes in each line."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["changes"] for line in lines]


def file_maps(path):
    """Return the files of the project after each line."""
    files: dict[str, bytes] = {}
    maps = []
    for changes in read_history(path):
        written = {name: as_bytes(item) for name, item in changes.items()}
        merged = {**files, **written}
        files = {name: item for name, item in merged.items() if item is not None}
        maps.append(files)
    return maps


def as_bytes(content):
    """Return a file as DSS writes it; ``None`` for a deleted one."""
    if content is None or isinstance(content, str):
        return None if content is None else content.encode("utf-8")
    return json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8")


def files_in(folder):
    """Return the content of each file in a folder."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def write_files(folder, files):
    """Write files into a folder, and return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


SAMPLE_CHANGES, SAMPLE_MAPS = read_history(SAMPLE_HISTORY), file_maps(SAMPLE_HISTORY)
