"""Renders the flow as a Mermaid diagram, which many pages and notebooks show."""

import re
from collections.abc import Iterable, Iterator

from dataikuapi.iac.analysis import analyze
from dataikuapi.iac.analysis.picture import MAX_NODES, Box, Node, Picture, picture_of
from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ChangeType, ResourceDiff
from dataikuapi.iac.reports.formatting import counted

__all__ = [
    "CLASSES",
    "SIGNS",
    "FlowDiagram",
    "mermaid",
    "omitted_line",
    "render_flow",
    "shortened",
]

SIGNS = {
    ChangeType.ADDED: "+ ",
    ChangeType.REMOVED: "- ",
    ChangeType.MODIFIED: "~ ",
    ChangeType.UNCHANGED: "",
}
"""What is beside the name of an object, so that no color is needed to tell."""

_MAX_NAME = 40

_DOLLARS = re.compile(r"\$(?=\$)")

CLASSES = {
    ChangeType.ADDED: "added",
    ChangeType.REMOVED: "removed",
    ChangeType.MODIFIED: "changed",
    ChangeType.UNCHANGED: "neighbor",
}

# Each has its own color of text, so that it is readable whatever the page's colors.
_STYLES = """\
  classDef added fill:#dafbe1,stroke:#1a7f37,color:#0b3d1a
  classDef removed fill:#ffebe9,stroke:#cf222e,color:#5c0a11,stroke-dasharray:5 3
  classDef changed fill:#fff8c5,stroke:#9a6700,color:#4d3300
  classDef neighbor fill:#f6f8fa,stroke:#8c959f,color:#424a53"""

_ARROWS = {
    ChangeType.ADDED: "==>",
    ChangeType.REMOVED: "-.->",
    ChangeType.MODIFIED: "-->",
    ChangeType.UNCHANGED: "-->",
}


class FlowDiagram(str):
    """The source of a Mermaid diagram, which JupyterLab 4.1 and later shows as one."""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Return what a notebook shows."""
        return {"text/vnd.mermaid": str(self), "text/plain": str(self)}


def render_flow(
    diffs: Iterable[ResourceDiff], *, max_nodes: int = MAX_NODES
) -> FlowDiagram:
    """Return a Mermaid diagram of what changed in the flow, and of its neighbors.

    GitHub, GitLab, JupyterLab and MkDocs show it in a code block of the language
    ``mermaid``. Zones are boxes; what was added, removed and changed has a color and a
    sign. Changes of objects that are not in the flow, such as scenarios, are not shown.

    Args:
        diffs: of a comparison, or a part of them.
        max_nodes: the most objects that are shown; the rest is counted.

    Returns:
        The source, a string. As the result of a cell, JupyterLab shows the diagram.
    """
    return mermaid(picture_of(analyze(diffs), max_nodes))


def mermaid(picture: Picture) -> FlowDiagram:
    """Return a picture as a Mermaid diagram."""
    names = {node.resource_id: f"n{at}" for at, node in enumerate(picture.nodes)}
    lines = ["flowchart LR", *_boxes(picture.boxes, names)]
    lines += [
        f"  {names[link.before]} {_ARROWS[link.change]} {names[link.after]}"
        for link in picture.links
    ]
    if not picture.nodes:
        lines.append('  none["Nothing in the flow changed"]')
    if picture.omitted:
        lines.append(f'  rest["{_label(omitted_line(picture))}"]')
    lines.append(_STYLES)
    for change, css in CLASSES.items():
        members = [names[x.resource_id] for x in picture.nodes if x.change is change]
        if members:
            lines.append(f"  class {','.join(members)} {css}")
    return FlowDiagram("\n".join(lines))


def omitted_line(picture: Picture) -> str:
    """Return how many objects a picture does not show."""
    changed = picture.omitted_changed
    about = f", {changed:,} of them changed" if changed else ""
    return f"… and {counted(picture.omitted, 'more object')}{about}"


def shortened(name: str, most: int = _MAX_NAME) -> str:
    """Return a name in one line, without its end if it is long."""
    name = printable(name)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _boxes(boxes: Iterable[Box], names: dict[str, str]) -> Iterator[str]:
    for at, box in enumerate(boxes):
        if not box.label:
            yield from (f"  {_node(node, names)}" for node in box.nodes)
            continue
        yield f'  subgraph z{at}["{_label(shortened(box.label))}"]'
        yield from (f"    {_node(node, names)}" for node in box.nodes)
        yield "  end"


def _node(node: Node, names: dict[str, str]) -> str:
    # A blank would be a place to break the line.
    sign = SIGNS[node.change].replace(" ", "\xa0")
    text = _label(f"{sign}{shortened(node.name)}")
    if node.noun:
        text += f"<br/>{_label(node.noun)}"
    start, end = ('(["', '"])') if node.is_step else ('["', '"]')
    return f"{names[node.resource_id]}{start}{text}{end}"


def _label(text: str) -> str:
    """Return text with all but letters, digits and blanks as Mermaid's entities.

    So nothing in it is syntax: of Mermaid, of Markdown, which labels may have, or HTML.
    Two things count as syntax after that: a formula between double dollars, and the
    ligature that Mermaid puts in place of the sign of an entity.
    """
    text = _DOLLARS.sub("$ ", text).replace("\ufb02", "fl")
    return "".join(
        char if char.isalnum() or char == " " else f"#{ord(char)};" for char in text
    )
