"""Places the objects of a picture: columns from left to right, zones as boxes."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from dataikuapi.iac.analysis.picture import Picture, Step

__all__ = ["Place", "Placed", "place"]

Size = tuple[float, float]
"""Width and height."""

Point = tuple[float, float]

_GAP_X, _GAP_Y = 44, 14
_PADDING, _TITLE = 14, 24
_MAX_STACKED, _ROW = 8, 1_100
"""Up to so many parts that are not connected are below each other, so that arrows from
elsewhere pass none of them; more are in rows of this width."""

_PASSES = 8
"""How often the order of each column is improved."""


class Place(NamedTuple):
    """Where something is: its upper left corner, and its size."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> "Place":
        """Return the place, moved by so much."""
        return self._replace(x=self.x + x, y=self.y + y)


class Placed(NamedTuple):
    """Where everything is.

    Args:
        nodes: the places of the objects, by id.
        boxes: the places of the boxes that have a label, by their position.
        bends: points that an arrow goes through, to pass between objects.
        size: of all.
    """

    nodes: dict[str, Place]
    boxes: dict[int, Place]
    bends: dict[Step, list[Point]]
    size: Size


class _Arranged(NamedTuple):
    """Items in columns, by name, and what their arrows go through."""

    places: dict[Any, Place]
    bends: dict[tuple[Any, Any], list[Point]]
    size: Size

    def moved(self, x: float, y: float) -> "_Arranged":
        return self._replace(
            places={name: item.moved(x, y) for name, item in self.places.items()},
            bends={
                step: [(at + x, down + y) for at, down in points]
                for step, points in self.bends.items()
            },
        )


def place(
    picture: Picture, sizes: Mapping[str, Size], labels: Mapping[int, float]
) -> Placed:
    """Place each object in its box, and boxes and other objects beside each other.

    Args:
        picture: what to place.
        sizes: of the objects, by id.
        labels: widths of the labels of boxes, by position.
    """
    steps = [(link.before, link.after) for link in picture.links]
    part_of: dict[str, str | int] = {
        node.resource_id: node.resource_id for node in picture.nodes
    }
    inside: dict[int, _Arranged] = {}
    outer: dict[str | int, Size] = {}
    for at, box in enumerate(picture.boxes):
        own = {node.resource_id: sizes[node.resource_id] for node in box.nodes}
        if not box.label:
            outer.update(own)
            continue
        part_of.update(dict.fromkeys(own, at))
        inside[at] = _arranged(own, [step for step in steps if own.keys() >= set(step)])
        width, height = inside[at].size
        width = max(width, labels[at])
        outer[at] = (width + 2 * _PADDING, height + 2 * _PADDING + _TITLE)
    ends = {step: (part_of[step[0]], part_of[step[1]]) for step in steps}
    whole = _arranged(outer, dict.fromkeys(x for x in ends.values() if x[0] != x[1]))
    nodes = {name: item for name, item in whole.places.items() if name in sizes}
    bends = {step: whole.bends.get(ends[step], []) for step in steps}
    for at, arranged in inside.items():
        corner = whole.places[at]
        found = arranged.moved(corner.x + _PADDING, corner.y + _PADDING + _TITLE)
        nodes.update(found.places)
        bends.update(found.bends)
    return Placed(nodes, {at: whole.places[at] for at in inside}, bends, whole.size)


def _arranged(
    sizes: Mapping[Any, Size], steps: Collection[tuple[Any, Any]]
) -> _Arranged:
    """Return items in columns that follow the steps; rows of what is not connected."""
    x = y = row_height = total = 0.0
    found = _Arranged({}, {}, (0.0, 0.0))
    parts = _connected_parts(sizes, steps)
    row = _ROW if len(parts) > _MAX_STACKED else 0
    for part in parts:
        width, height = part.size
        if x and x + width > row:
            x, y, row_height = 0.0, y + row_height + _GAP_Y, 0.0
        moved = part.moved(x, y)
        found.places.update(moved.places)
        found.bends.update(moved.bends)
        x, row_height = x + width + _GAP_X, max(row_height, height)
        total = max(total, x - _GAP_X)
    return found._replace(size=(total, y + row_height))


def _connected_parts(
    sizes: Mapping[Any, Size], steps: Collection[tuple[Any, Any]]
) -> list[_Arranged]:
    """Return each connected part, with its upper left corner at zero."""
    from grandalf import graphs
    from grandalf.layouts import SugiyamaLayout

    vertex, edge = _numbered(graphs.Vertex), _numbered(graphs.Edge)
    vertices = {name: vertex(at, name) for at, name in enumerate(sizes)}
    for name, item in vertices.items():
        item.view = _View(*sizes[name])
    edges = []
    for at, (before, after) in enumerate(steps):
        edges.append(edge(at, vertices[before], vertices[after]))
        edges[-1].view = _Path()
    parts = []
    for part in graphs.Graph(list(vertices.values()), edges).C:
        layout = SugiyamaLayout(part)
        layout.xspace, layout.yspace = _GAP_Y, _GAP_X
        layout.init_all()
        layout.draw(_PASSES)
        parts.append(sorted(part.sV, key=lambda item: item.number))
    parts.sort(key=lambda members: members[0].number)
    return [_part(members, edges) for members in parts]


def _part(members: Iterable[Any], edges: Iterable[Any]) -> _Arranged:
    places = {item.data: item.view.place for item in members}
    left = min(item.x for item in places.values())
    top = min(item.y for item in places.values())
    right = max(item.x + item.width for item in places.values())
    bottom = max(item.y + item.height for item in places.values())
    bends = {
        (item.v[0].data, item.v[1].data): item.view.bends
        for item in edges
        if item.v[0].data in places
    }
    return _Arranged(places, bends, (right - left, bottom - top)).moved(-left, -top)


def _numbered(kind: Any) -> Any:
    """Return a class of vertices or edges that are hashed by a number.

    The library iterates over sets, in an order that would differ in each process.
    """

    class Numbered(kind):  # type: ignore[misc]
        def __init__(self, number: int, *arguments: Any) -> None:
            self.number = number
            super().__init__(*arguments)

        def __hash__(self) -> int:
            return self.number

    return Numbered


class _View:
    """What the library places: from top to bottom, so width and height are swapped."""

    def __init__(self, width: float, height: float) -> None:
        self.w, self.h = height, width
        self.xy: tuple[float, float] = (0.0, 0.0)

    @property
    def place(self) -> Place:
        y, x = self.xy
        return Place(x - self.h / 2, y - self.w / 2, self.h, self.w)


class _Path:
    """What an edge goes through, as the library sets it, from end to end."""

    def __init__(self) -> None:
        self.bends: list[Point] = []

    def setpath(self, points: list[tuple[float, float]]) -> None:
        """Note the points between the ends, with x and y swapped."""
        self.bends = [(x, y) for y, x in points[1:-1]]
