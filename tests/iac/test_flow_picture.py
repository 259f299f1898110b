"""The flow as a Mermaid diagram: what changed, its neighbors, and hostile names."""

import re

import pytest

from dataikuapi.iac.analysis.picture import Box, Link, Node, Picture
from dataikuapi.iac.models import ChangeType, ResourceDiffs
from dataikuapi.iac.reports import render_flow, render_html_page, render_markdown
from dataikuapi.iac.reports.flow_layout import place
from iac.drifts import (
    HOSTILE,
    SAMPLE,
    history_drift,
    hostile_drift,
    large_drift,
    zone,
)
from iac.flows import (
    CLEAN,
    FLOW,
    PREPARE,
    RAW,
    REPORT,
    TOP,
    changed,
    dataset,
    diff,
    ports,
    recipe,
    resource,
    with_columns,
)

_CSS = "(?:added|removed|changed|neighbor)"
_TEXT = r"(?:[^\W_]|[ ]|#\d+;|<br/>)+"
_LINES = [
    re.compile(pattern)
    for pattern in (
        r"flowchart LR",
        rf'  (?P<indent>  )?(?P<node>n\d+|none|rest)(\()?\["{_TEXT}"\](?(3)\))',
        r"  (?P<before>n\d+) (?:-->|==>|-\.->) (?P<after>n\d+)",
        rf'  subgraph z\d+\["{_TEXT}"\]',
        r"  end",
        rf"  classDef {_CSS} [a-z\-]+:[#\da-z ]+(?:,[a-z\-]+:[#\da-z ]+)*",
        rf"  class (?P<members>n\d+(?:,n\d+)*) {_CSS}",
    )
]


def checked(source):
    """Return the source if each line is one that we mean to write, and ids fit."""
    nodes: list[str] = []
    used: set[str] = set()
    depth = 0
    for line in source.split("\n"):
        match = next((m for m in (x.fullmatch(line) for x in _LINES) if m), None)
        assert match, line
        found = match.groupdict()
        depth += line.startswith("  subgraph") - (line == "  end")
        assert depth == bool(found.get("indent")) or not found.get("node")
        nodes += filter(None, [found.get("node")])
        used |= {found[x] for x in ("before", "after") if found.get(x)}
        used |= set((found.get("members") or "").split(",")) - {""}
    assert depth == 0 and len(set(nodes)) == len(nodes)
    assert used <= set(nodes)
    return source


def shown(source):
    """Return the texts of the objects, as a reader sees them, without their types."""
    labels = re.findall(r'^ +n\d+\(?\["(.+?)(?:<br/>.+?)?"\]', source, re.MULTILINE)
    return sorted(map(decoded, labels))


def decoded(label):
    text = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label)
    return text.replace("\xa0", " ")


def styled(source, css):
    """Return the texts of the objects with a class."""
    (members,) = re.findall(rf"^  class (.+) {css}$", source, re.MULTILINE) or [""]
    names = "|".join(members.split(","))
    return shown("\n".join(re.findall(rf"^ +(?:{names})\W.+$", source, re.MULTILINE)))


def test_what_changed_and_its_neighbors():
    new = [changed(PREPARE, payload="x\n") if x is PREPARE else x for x in FLOW]
    source = checked(render_flow(diff(FLOW, new)))
    assert shown(source) == ["clean", "raw", "~ prepare"]
    assert styled(source, "changed") == ["~ prepare"]
    assert styled(source, "neighbor") == ["clean", "raw"]
    assert source.count(" --> ") == 2


def test_added_and_removed_objects_and_arrows():
    extra = recipe("extra", "raw", "more")
    cut = changed(REPORT, inputs={"main": {"items": ports("raw")}})
    new = [RAW, PREPARE, CLEAN, cut, extra]
    source = checked(render_flow(diff(FLOW, new)))
    assert styled(source, "added") == ["+ extra"]
    assert styled(source, "removed") == ["- top"]
    assert styled(source, "changed") == ["~ report"]
    # raw -> report, raw -> extra -> more; clean -> report
    assert (source.count(" ==> "), source.count(" -.-> ")) == (3, 1)


def test_zones_are_boxes():
    zones = [zone("z1", "Inputs", ["raw"]), zone("z2", "Results", ["clean", "top"])]
    new = [with_columns(x, "a") if x in (RAW, CLEAN) else x for x in FLOW]
    source = checked(render_flow(diff([*FLOW, *zones], [*new, *zones])))
    found = re.findall(r'  subgraph z\d+\["(.+)"\]\n((?:    .+\n)+)  end', source)
    boxes = {label: shown(body) for label, body in found}
    assert boxes == {"Inputs": ["~ raw"], "Results": ["~ clean"]}
    assert "  n" in source.split("subgraph")[0], "recipes are in no zone"


def test_projects_are_boxes_where_there_are_several():
    one, two = dataset("a", "x"), dataset("b", "x", project="OTHER")
    source = checked(render_flow(diff([], [one, two])))
    assert re.findall(r'subgraph z\d+\["(.+)"\]', source) == ["OTHER", "SHOP"]


def test_at_most_60_objects_with_a_count_of_the_rest():
    source = checked(render_flow(large_drift(400)))
    assert len(shown(source)) == 60
    (rest,) = re.findall(r'rest\["(.+)"\]', source)
    # 400 objects changed; 20 outputs are only referred to.
    assert decoded(rest) == "… and 360 more objects, 340 of them changed"
    assert source.count(" --> ") >= 30, "not what belongs together"


def test_the_heaviest_are_shown_first():
    diffs = diff([*FLOW, dataset("aaa", "x")], [dataset("aaa", "x", tags=["new"])])
    assert shown(render_flow(diffs, max_nodes=1))[0].startswith("- ")


def test_nothing_in_the_flow():
    before = resource("scenario", "s", "SHOP", {"name": "a"})
    source = checked(render_flow(diff([before], [changed(before, name="b")])))
    assert "Nothing in the flow changed" in source
    assert "mermaid" not in render_markdown(diff([before], []))


def test_part_of_a_comparison_has_neighbors_from_all_of_it():
    new = [with_columns(x, "a") if x in (RAW, TOP) else x for x in FLOW]
    part = diff(FLOW, new).filter(lambda item: item.resource_id == TOP.resource_id)
    assert shown(render_flow(part)) == ["report", "~ top"]


def test_recreated_objects_are_changed():
    (item,) = ResourceDiffs(diff([TOP], [TOP]))
    again = type(item)(**{**vars(item), "is_recreated": True})
    assert shown(render_flow([again])) == ["~ top"]


def test_hostile_names_are_text():
    source = checked(render_flow(hostile_drift(), max_nodes=200))
    texts = shown(source)
    for name in HOSTILE:
        if len(name) < 30 and name.isprintable() and "$$" not in name:
            assert name.replace("\ufb02", "fl") in {x[2:] for x in texts}
    assert any(r"a\nend\nclick n0 call" in text for text in texts)
    assert "$#36;" not in source and "#36;#36;" not in source
    assert "`" not in source


def test_long_names_are_cut():
    (text,) = shown(render_flow(diff([], [dataset("x" * 200, "id")])))
    assert len(text) == 42 and text.endswith("…")


def test_same_places_each_time():
    steps = "ab bc ac cd db ec ed fg gh hf ah ef ib ic id ka kb kc hd gd fa".split()
    same = ChangeType.UNCHANGED
    nodes = [Node(x, x, "dataset", same, False) for x in sorted(set("".join(steps)))]
    links = [Link(step[0], step[1], same) for step in steps]
    picture = Picture((Box("", tuple(nodes)),), tuple(links))
    sizes = {x.resource_id: (80.0 + 10 * at, 38.0) for at, x in enumerate(nodes)}
    kept, found = [], set()
    for number in range(20):
        # Objects elsewhere in memory have other hashes, so sets have another order.
        kept.append([object() for _ in range(number * 97)])
        found.add(repr(place(picture, sizes, {})))
    assert len(found) == 1


def test_same_each_time():
    diffs = [history_drift(SAMPLE) for _ in range(2)]
    assert render_flow(diffs[0]) == render_flow(diffs[1])
    assert render_html_page(diffs[0]) == render_html_page(diffs[1])


def test_notebook_shows_it_by_its_type():
    diagram = render_flow(history_drift(SAMPLE))
    bundle = diagram._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/vnd.mermaid"] == diagram
    assert type(bundle["text/vnd.mermaid"]) is str


def test_markdown_has_the_flow_and_room_for_details():
    text = render_markdown(history_drift(SAMPLE))
    (source,) = re.findall(r"^```mermaid\n(.+?)\n```$", text, re.MULTILINE | re.DOTALL)
    checked(source)
    assert text.index("```mermaid") < text.index("<details>")
    assert len(render_markdown(large_drift(400))) < 60_000


@pytest.mark.parametrize("count", [60, 5])
def test_links_are_between_what_is_shown(count):
    checked(render_flow(hostile_drift(), max_nodes=count))
