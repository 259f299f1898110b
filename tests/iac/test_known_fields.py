"""The sandbox stores what new objects of real projects have, as DSS does."""

import pytest

from dataikuapi.iac.sandbox.kinds.registry import KINDS
from iac.conftest import REAL_PROJECTS
from iac.histories import file_maps, files_in, path_of
from iac.real_shapes import PROJECTS, SHAPES, shape_files

pytestmark = pytest.mark.skipif(not SHAPES.exists(), reason=f"no files at {SHAPES}")

HISTORIES = ["customer-value", "loan-advisor"]

OLDER = {
    "insight": {"createdBy", "createdOn"},
    "managed folder": {"path"},
    "scenario": {"__dku_object_version__"},
    "web app": {"libraries", "listed", "owner"},
}
"""What only objects have that an older DSS made."""

OTHERWISE = {"project"}
"""Kinds of which each part has a path and fields of its own."""


def all_files():
    """Yield the files of real projects, at some of their commits, and of shapes."""
    for name in HISTORIES:
        yield from file_maps(path_of(name))[::10]
    yield from (files_in(path) for path in REAL_PROJECTS.iterdir() if path.is_dir())
    yield from map(shape_files, PROJECTS)


def test_no_field_of_a_real_object_is_dropped_when_it_is_created():
    """But for those whose names are hidden."""
    dropped: dict[str, set[str]] = {}
    for files in all_files():
        for kind in KINDS:
            for stored in kind.load(files).values():
                known = kind.fields.known(stored.document)
                names = {*stored.document} - {*known, "id"}
                names = {name for name in names if not name.startswith("key_")}
                dropped.setdefault(kind.label, set()).update(names)
    found = {label: names for label, names in dropped.items() if names}
    assert {label: found[label] for label in found if label not in OTHERWISE} == OLDER
