"""Reports for pull requests, machines and test viewers: complete, and harmless."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac import DiffEngine, Resource, ResourceMetadata, State
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    Coverage,
    PathSegment,
    ResourceDiff,
    ResourceDiffs,
    UnreadableResource,
    ValueChangeType,
)
from dataikuapi.iac.models.times import parse_time, utc_now
from dataikuapi.iac.reports import (
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.reports.markdown import MAX_CHARACTERS
from iac.strategies import JSON_VALUES, STATES

SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("diff_report_v1.schema.json").read_text()
)
EDITED = parse_time("2026-01-02T03:04:05Z")
HARMFUL = [
    "</details><script>alert(1)</script>",
    "@everyone please look",
    "``` \n``````\n# big",
    "a|b ](http://example.com) #123",
    "\x1b[31m\x00\u202e\u2028\x0c",
    "]]>&amp;<!--",
    "a\nb\r\nc",
    "lone \ud800 surrogate",
]


def metadata(login="maria"):
    return ResourceMetadata(
        utc_now(), "robot", last_modified_by=login, last_modified_at=EDITED
    )


def state(**recipes):
    made = State()
    for name, attributes in recipes.items():
        key = f"recipe.SHOP.{name}"
        made.add_resource(Resource("recipe", key, attributes, metadata()))
    return made


@pytest.fixture
def diffs():
    """One of each: added, removed, modified, unchanged, unknown; and a rule."""
    old = state(gone={}, script={"payload": "a\nb\n", "x": [1]}, same={}, hidden={})
    new = state(come={}, script={"payload": "a\nc\n", "x": [1, 2]}, same={})
    new.unknown = {"recipe.SHOP.hidden": "no answer in time"}
    found = DiffEngine(ignore=["recipe.SHOP.script x", "nothing.*"]).diff(old, new)
    found.title, found.coverage = "Drift of SHOP", Coverage(2, 3)
    return found


# Markdown


def test_markdown_tells_the_counts_first_and_the_rest_unfolded(diffs):
    text = render_markdown(diffs)

    assert text.splitlines()[0] == "### `Drift of SHOP`"
    assert (
        "**1 added, 1 removed, 1 modified, 1 unchanged, 1 unknown. "
        "The state has 2 of 3 objects.**" in text
    )
    assert (
        "<details><summary><code>~ recipe.SHOP.script</code> "
        "<code>by maria, 2026-01-02 03:04</code>, 1 change</summary>\n\n"
        "```diff\n~ payload:\n" in text
    )
    assert "\n- b\n+ c\n" in text
    assert "no answer in time" in text
    assert "ignored 1: recipe.SHOP.script x" in text
    assert "ignored nothing: nothing.*" in text
    assert "recipe.SHOP.same" not in text


def test_markdown_of_nothing_says_so():
    assert render_markdown([]) == "### `Changes`\n\n**No changes. 0 unchanged.**"


def test_markdown_of_very_much_says_how_much_it_leaves_out():
    names = [f"r{number}" for number in range(2000)]
    old = state(**{name: {"x": 1, "y": 1} for name in names})
    new = state(**{name: {"x": 2, "y": 2} for name in names})
    text = render_markdown(DiffEngine().diff(old, new))
    shown = text.count("<details>")
    left, changes = re.search(
        r"_(\d+) more resources, with (\d+) changes", text
    ).groups()

    assert MAX_CHARACTERS - 500 < len(text) <= MAX_CHARACTERS
    assert shown + int(left) == 2000
    assert int(changes) == 2 * int(left)
    assert "2000 modified" in text


def test_markdown_of_a_huge_script_says_how_much_it_leaves_out():
    old = "".join(f"line {number}\n" for number in range(40_000))
    text = render_markdown(
        DiffEngine().diff(
            state(r={"payload": old}), state(r={"payload": old.replace("line", "row")})
        )
    )
    assert len(text) < 10_000
    assert re.search(r"… \([\d,]+ more lines\)", text)


def test_markdown_says_the_reason_also_where_ids_are_cut_off():
    unknown = [
        UnreadableResource(f"dataset.SHOP.d{number}", "time-out")
        for number in range(3000)
    ]
    text = render_markdown(ResourceDiffs(unknown=unknown))
    assert text.count("time-out") == 1
    shown = text.count("? dataset.SHOP.d")
    assert f"… ({3000 - shown:,} more lines)" in text


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attributes):
        assert attributes == []
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outside_of_code(text):
    """Return Markdown without what stands in fences and in code spans."""
    text = re.sub(r"^(`{3,})diff\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


@pytest.mark.parametrize("harmful", HARMFUL)
def test_nothing_breaks_out_of_markdown(harmful):
    found = hostile(harmful)
    rest = outside_of_code(render_markdown(found))
    tags = Tags()
    tags.feed(rest)
    tags.close()

    assert tags.open == []
    assert tags.seen <= {"details", "summary", "code"}
    assert "@everyone" not in re.sub("<code>.*?</code>", "", rest)
    assert "](http" not in re.sub("<code>.*?</code>", "", rest)
    assert not re.search(r"^# big", rest, re.MULTILINE)


def hostile(text):
    """Return diffs with that text wherever somebody else may have put it."""
    old, new = State(), State()
    name = re.sub(r"[\r\n]", " ", text)  # An id is one line.
    for made, value in ((old, ["a\nb", 1]), (new, [f"a\n{text}", text])):
        attributes = {"x": value, text: value, "l": [{"name": text, "v": value[1]}]}
        key = f"dataset.SHOP.{name}"
        made.add_resource(Resource("dataset", key, attributes, metadata(text)))
    new.add_resource(Resource("dataset", f"dataset.SHOP.added {name}", {}))
    old.add_resource(Resource("dataset", f"dataset.SHOP.removed {name}", {}))
    new.unknown = {f"dataset.SHOP.unknown {name}": text}
    rule = json.dumps(f"dataset.{text}") + " reason=" + json.dumps(text)
    found = DiffEngine(ignore=[rule]).diff(old, new)
    found.title = text
    return found


# JSON


def test_json_tells_all_by_its_schema(diffs):
    document = json.loads(render_json(diffs))

    jsonschema.validate(document, SCHEMA)
    assert document["format_version"] == 1
    assert document["title"] == "Drift of SHOP"
    assert document["summary"] == {
        "added": 1,
        "removed": 1,
        "modified": 1,
        "unchanged": 1,
        "unknown": 1,
    }
    assert document["coverage"] == {"tracked": 2, "existing": 3}
    come, gone, script = document["resources"]
    assert (come["change"], gone["change"]) == ("added", "removed")
    assert script == {
        "change": "modified",
        "resource_id": "recipe.SHOP.script",
        "resource_type": "recipe",
        "last_modified_by": "maria",
        "last_modified_at": "2026-01-02T03:04:05Z",
        "recreated": False,
        "changes": [
            {
                "kind": "modified",
                "path": "payload",
                "pointer": "/payload",
                "from_pointer": None,
                "old": "a\nb\n",
                "new": "a\nc\n",
            }
        ],
    }
    assert document["unknown"] == [
        {
            "resource_id": "recipe.SHOP.hidden",
            "reason": "no answer in time",
            "last_modified_by": "maria",
            "last_modified_at": "2026-01-02T03:04:05Z",
        }
    ]
    assert document["ignored"] == [
        {"rule": "recipe.SHOP.script x", "suppressed": 1, "expired": False},
        {"rule": "nothing.*", "suppressed": 0, "expired": False},
    ]


@settings(deadline=None, max_examples=60)
@given(STATES, STATES, st.lists(JSON_VALUES, max_size=5))
def test_json_keeps_to_its_schema_and_is_stable(old, new, items):
    for made, values in ((old, items), (new, items[::-1])):
        made.add_resource(Resource("dataset", "dataset.P.a", {"l": values}))
    text = render_json(DiffEngine().diff(old, new))

    jsonschema.validate(json.loads(text), SCHEMA)
    assert text == render_json(DiffEngine().diff(old, new))
    text.encode("utf-8")


def described(schema, name=""):
    """Yield the fields that a schema does not describe."""
    for key, field in schema.get("properties", {}).items():
        if "description" not in field:
            yield f"{name}.{key}"
        yield from described(field, f"{name}.{key}")
        yield from described(field.get("items", {}), f"{name}.{key}[]")
        for option in field.get("oneOf", ()):
            yield from described(option, f"{name}.{key}")


def test_the_schema_describes_each_field():
    assert list(described(SCHEMA)) == []


def for_change(*args, **values):
    change = Change(*args, **values)
    diff = ResourceDiff(
        ChangeType.MODIFIED, "dataset.SHOP.a", "dataset", changes=(change,)
    )
    return json.loads(render_json([diff]), parse_constant=pytest.fail)


@pytest.mark.parametrize("kind", ValueChangeType)
def test_old_and_new_are_there_where_they_mean_something(kind):
    document = for_change(kind, (PathSegment("x"),), 1, 2)
    jsonschema.validate(document, SCHEMA)
    (told,) = document["resources"][0]["changes"]
    expected = {"modified": {"old", "new"}, "added": {"new"}, "removed": {"old"}}
    assert told.keys() & {"old", "new"} == expected.get(kind.value, set())
    for name in ("old", "new"):
        wrong = dict(told, **{name: 0})
        if name in told:
            del wrong[name]
        document["resources"][0]["changes"] = [wrong]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, SCHEMA)


def test_numbers_that_json_lacks_are_strings():
    new = {"a": [float("inf")]}
    document = for_change(
        ValueChangeType.MODIFIED, (PathSegment("x"),), float("nan"), new
    )
    (told,) = document["resources"][0]["changes"]
    assert (told["old"], told["new"]) == ("nan", {"a": ["inf"]})


# JUnit


@pytest.mark.parametrize("name", ["", "weird", "dataset.SHOP.a\nb", "Dataset.P.x"])
def test_junit_tells_of_ids_that_are_none(name):
    text = render_junit(ResourceDiffs(unknown=[UnreadableResource(name, "why")]))
    (case,) = ElementTree.fromstring(text).iter("testcase")
    assert case.get("name") == name.replace("\n", "\\n")


def test_junit_has_a_test_for_each_resource(diffs):
    suite = ElementTree.fromstring(render_junit(diffs))
    cases = {case.get("name"): case for case in suite.iter("testcase")}

    assert suite.attrib == {
        "name": "Drift of SHOP",
        "tests": "5",
        "failures": "3",
        "errors": "1",
    }
    assert len(cases) == 5
    assert list(cases["recipe.SHOP.same"]) == []
    assert cases["recipe.SHOP.same"].get("classname") == "recipe.SHOP"
    failure = cases["recipe.SHOP.script"].find("failure")
    assert failure.get("message") == "modified by maria, 2026-01-02 03:04"
    assert "    - b\n    + c" in failure.text
    error = cases["recipe.SHOP.hidden"].find("error")
    assert error.get("message") == "not read: no answer in time"
    assert "ignored 1: recipe.SHOP.script x" in suite.find("system-out").text


@pytest.mark.parametrize("harmful", HARMFUL)
@pytest.mark.parametrize("render", [render_junit, render_json, render_text])
def test_whatever_is_in_it_a_report_can_be_read(render, harmful):
    text = render(hostile(harmful))

    text.encode("utf-8")
    if render is render_junit:
        assert len(list(ElementTree.fromstring(text).iter("testcase"))) == 4
    elif render is render_json:
        jsonschema.validate(json.loads(text), SCHEMA)
    else:
        assert "\x1b" not in text


def test_colors_are_by_what_happened(diffs):
    plain, colored = render_text(diffs), render_text(diffs, color=True)

    assert re.sub(r"\x1b\[\d*m", "", colored) == plain
    assert "\x1b[32m+ recipe.SHOP.come" in colored
    assert "\x1b[31m- recipe.SHOP.gone" in colored
    assert "\x1b[33m~ recipe.SHOP.script" in colored
    assert "\x1b[35m    ? recipe.SHOP.hidden" in colored


@pytest.mark.parametrize(
    ("is_terminal", "no_color", "expected"),
    [(True, "", True), (True, "1", False), (False, "", False)],
)
def test_output_is_in_color_on_a_terminal_unless_nobody_wants_it(
    is_terminal, no_color, expected, monkeypatch, diffs
):
    class Stream:
        def isatty(self):
            return is_terminal

    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("sys.stdout", Stream())
    text = DiffEngine().format_output(diffs)
    monkeypatch.undo()

    assert ("\x1b[" in text) is expected
