"""Renders a picture of the flow as SVG, for a page with a style of its own."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from dataikuapi.iac.analysis.picture import Link, Node, Picture
from dataikuapi.iac.models import ChangeType
from dataikuapi.iac.reports.excerpts import columns
from dataikuapi.iac.reports.flow import CLASSES, SIGNS, shortened
from dataikuapi.iac.reports.flow_layout import Place, Placed, place
from dataikuapi.iac.reports.markup import Html, escaped

__all__ = ["flow_svg"]

_HEIGHT = 38
_MARGIN = 6
_MAX_NAME = 34

# Per column: wide enough for the widest of the usual fonts of 12 pixels.
_COLUMN, _BOLD_COLUMN, _SIDES, _MIN_WIDTH = 7.0, 7.8, 22, 84

_FLAT, _MIN_BEND = 40, 24

_MAX_FITTED = 1_700
"""A picture that is not much wider than the page is made as wide as the page."""

_TITLE = "The flow: what changed, and its neighbors"


def flow_svg(picture: Picture, targets: Mapping[str, str]) -> Html:
    """Return a picture as an SVG element.

    Args:
        picture: with at least one object.
        targets: ids of elements of the page that describe the changes of an object, by
            its resource id; such an object links there.
    """
    names = {node.resource_id: _name(node) for node in picture.nodes}
    sizes = {
        key: (max(_MIN_WIDTH, columns(name) * _COLUMN + _SIDES), float(_HEIGHT))
        for key, name in names.items()
    }
    labels = {at: shortened(x.label, _MAX_NAME) for at, x in enumerate(picture.boxes)}
    widths = {at: columns(label) * _BOLD_COLUMN for at, label in labels.items()}
    placed = place(picture, sizes, widths)
    width, height = (side + 2 * _MARGIN for side in placed.size)
    css = "flow fitted" if width <= _MAX_FITTED else "flow"
    content = [
        *(_zone(where, labels[at]) for at, where in placed.boxes.items()),
        *(_arrow(link, placed) for link in picture.links),
        *(
            _object(node, names[node.resource_id], placed.nodes, targets)
            for node in picture.nodes
        ),
    ]
    return Html(
        f'<svg class="{css}" role="group" aria-label="{_TITLE}" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-_MARGIN} {-_MARGIN} {width:.0f} {height:.0f}">'
        f"{_ARROW_HEADS}{''.join(content)}</svg>"
    )


def _heads() -> Iterator[str]:
    for css in ("added", "removed", "neighbor"):
        yield (
            f'<marker id="head-{css}" class="head {css}" viewBox="0 0 8 8" refX="7" '
            'refY="4" markerWidth="7" markerHeight="7" orient="auto" '
            'markerUnits="userSpaceOnUse"><path d="M0 0L8 4L0 8z"/></marker>'
        )


_ARROW_HEADS = f"<defs>{''.join(_heads())}</defs>"


def _name(node: Node) -> str:
    return f"{SIGNS[node.change]}{shortened(node.name, _MAX_NAME)}"


def _zone(where: Place, label: str) -> str:
    text = (
        f'<text x="{where.x + 14:.0f}" y="{where.y + 20:.0f}">{escaped(label)}</text>'
    )
    return f'<g class="zone">{_rectangle(where, 10)}{text}</g>'


def _arrow(link: Link, placed: Placed) -> str:
    css = CLASSES[link.change]
    start, end = placed.nodes[link.before], placed.nodes[link.after]
    points = [(start.x + start.width, start.y + start.height / 2)]
    for x, y in placed.bends[link.before, link.after]:
        points += [(x - _FLAT, y), (x + _FLAT, y)]
    points.append((end.x - 1, end.y + end.height / 2))
    path = [f"M{points[0][0]:.0f} {points[0][1]:.0f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        # Level where objects are passed, and bent in between.
        bend = 0.0 if y1 == y2 else max(_MIN_BEND, abs(x2 - x1) / 2)
        path.append(
            f"C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
        )
    return (
        f'<path class="arrow {css}" marker-end="url(#head-{css})" '
        f'd="{"".join(path)}"/>'
    )


def _object(
    node: Node, name: str, places: Mapping[str, Place], targets: Mapping[str, str]
) -> str:
    where = places[node.resource_id]
    middle = where.x + where.width / 2
    css, noun = CLASSES[node.change], node.noun or "not read"
    is_changed = node.change is not ChangeType.UNCHANGED
    state = f", {css}" if is_changed else ""
    shown = (
        f"<title>{escaped(f'{noun} {node.name}{state}')}</title>"
        f"{_rectangle(where, _HEIGHT // 2 if node.is_step else 4)}"
        f'<text x="{middle:.0f}" y="{where.y + 16:.0f}">{escaped(name)}</text>'
        f'<text class="noun" x="{middle:.0f}" y="{where.y + 30:.0f}">'
        f"{escaped(noun)}</text>"
    )
    target = targets.get(node.resource_id)
    if target is None:
        return f'<g class="node {css}">{shown}</g>'
    return f'<a class="node {css}" href="#{target}">{shown}</a>'


def _rectangle(where: Place, radius: int) -> str:
    return (
        f'<rect x="{where.x:.0f}" y="{where.y:.0f}" width="{where.width:.0f}" '
        f'height="{where.height:.0f}" rx="{radius}"/>'
    )
