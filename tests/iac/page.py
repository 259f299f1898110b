"""What a notebook shows, read as a browser does, and states to show."""

from datetime import datetime, timezone
from html.parser import HTMLParser
from typing import Any

from dataikuapi.iac import DiffEngine, Resource, ResourceMetadata, State

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


class Page(HTMLParser):
    """What a browser makes of a piece of HTML: elements, and the text a reader sees."""

    def __init__(self, html):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.inside: list[str] = []
        self.text = self.style = ""
        self.rows: list[list[str]] = []
        self.folds: list[list[Any]] = []
        self.feed(html)
        self.close()
        assert self.inside == [], "not closed"

    def handle_starttag(self, tag, attributes):
        self.inside.append(tag)
        self.tags.append(tag)
        self.attributes += attributes
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "details":
            self.folds.append(["", ("open", None) in attributes])

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        if "style" in self.inside:
            self.style += data
            return
        self.text += data
        if self.rows and {"td", "th"} & set(self.inside):
            self.rows[-1][-1] += data
        if "summary" in self.inside:
            self.folds[-1][0] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def row(self, label):
        """Return the cells behind a label."""
        (cells,) = [cells[1:] for cells in self.rows if cells[0] == label]
        return cells


def resource(name, attributes=None, login="maria", kind="dataset", **metadata):
    """Return a resource of project P that somebody edited at noon."""
    return Resource(
        kind,
        f"{kind}.P.{name}" if name else f"{kind}.P",
        attributes or {},
        ResourceMetadata(
            NOON, "reader", last_modified_by=login, last_modified_at=NOON, **metadata
        ),
    )


def state(*resources, **known):
    """Return a state that holds the resources."""
    return State(resources={item.resource_id: item for item in resources}, **known)


def modified(old, new, name="a"):
    """Return the diff of one dataset that had and has these attributes."""
    (diff,) = DiffEngine().diff(state(resource(name, old)), state(resource(name, new)))
    return diff
