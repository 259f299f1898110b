"""The generated page of resource types is that of the registry."""

import runpy
from pathlib import Path

from dataikuapi.iac.types import TYPES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_page_of_types_is_up_to_date():
    """Run docs/make_types.py if it is not."""
    made = runpy.run_path(str(DOCS / "make_types.py"))["page"]()
    assert (DOCS / "types.md").read_text("utf-8") == made


def test_each_type_has_a_section_and_each_ignored_path_a_reason():
    page = (DOCS / "types.md").read_text("utf-8")
    for kind in TYPES.values():
        assert f"\n## {kind.name}\n" in page
        assert all(reason.strip() for reason in kind.volatile.values())
