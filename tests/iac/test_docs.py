"""What is made from the registries of types and of backends is complete."""

import runpy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dataikuapi.iac.backends import open_backend, registry
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.cleaning import ANY

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def page_of_types():
    """What the site has of the types."""
    return runpy.run_path(str(DOCS / "make_types.py"))["page"]()


def test_table_of_backends_is_up_to_date():
    """Run docs/make_backends.py if it is not; a new scheme takes a line in it."""
    made = runpy.run_path(str(DOCS / "make_backends.py"))
    assert (DOCS / "backends.md").read_text("utf-8") == made["page"]()
    kinds = {type(open_backend(where)) for where, _ in made["LOCATIONS"].values()}
    openers = registry._BACKENDS.values()
    assert kinds == {getattr(import_module(o.module), o.name) for o in openers}


def test_each_capability_is_described():
    made = runpy.run_path(str(DOCS / "make_backends.py"))["table"]()
    for capability in Capability:
        assert f"| **{capability.value}**: " in made


def test_each_type_has_a_section_and_each_ignored_path_a_reason(page_of_types):
    page = page_of_types
    for kind in TYPES.values():
        assert f"\n## {kind.name}\n" in page
        reasons = [*kind.volatile.values(), *kind.volatile_anywhere.values()]
        for kept in kind.kept.values():
            assert ANY in kept.others and not set(kept.names) & set(kept.others)
            reasons += kept.others.values()
        assert all(reason.strip() and reason in page for reason in reasons)


def test_what_is_ignored_of_a_notebook_is_told(page_of_types):
    section = page_of_types.partition("\n## notebook\n")[2].partition("\n## ")[0]
    assert "`cells.outputs`: what a run printed" in section
    assert "- Of `metadata` all but `kernelspec`, " in section


@pytest.mark.parametrize("kind", TYPES.values(), ids=lambda kind: kind.name)
def test_members_that_are_told_to_be_ignored_are(kind):
    """What is kept, and nothing else, is read of the objects of which that is told."""
    for path, kept in kind.kept.items():
        names = [*kept.names, *(set(kept.others) - {ANY}), "unknown"]
        document: Any = dict.fromkeys(names, "x")
        for name in reversed(path):
            document = {name: document}
        found = kind.without_noise(document)
        for name in path:
            found = found[name]
        assert set(found) == set(kept.names)
