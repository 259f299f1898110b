"""Markdown, JSON, JUnit and text reports: complete, valid and safe."""

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
from dataikuapi.iac.models.json_values import JSON
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
    files("dataikuapi.iac.schemas").joinpath("diff_report_v2.schema.json").read_text()
)
EDITED = parse_time("2026-01-02T03:04:05Z")
HOSTILE_TEXTS = [
    "</details><script>alert(1)</script>",
    "@everyone please look",
    "``` \n``````\n# big",
    "a|b ](http://example.com) #123",
    "\x1b[31m\x00\u202e\u2028\x0c",
    "]]>&amp;<!--",
    "a\nb\r\nc",
    "lone \ud800 surrogate",
]


def metadata(login="maria", version_number=1):
    return ResourceMetadata(
        utc_now(),
        "robot",
        last_modified_by=login,
        last_modified_at=EDITED,
        version_number=version_number,
    )


def state(version_number=1, **recipes):
    result = State()
    for name, attributes in recipes.items():
        key, edited = f"recipe.SHOP.{name}", metadata(version_number=version_number)
        result.add_resource(Resource("recipe", key, attributes, edited))
    return result


@pytest.fixture
def diffs():
    """One of each: added, removed, modified, unchanged, unknown; and two rules."""
    old = state(gone={}, script={"payload": "a\nb\n", "x": [1]}, same={}, hidden={})
    new = state(2, come={}, script={"payload": "a\nc\n", "x": [1, 2]}, same={})
    new.unknown = {"recipe.SHOP.hidden": "no response in time"}
    found = DiffEngine(ignore=["recipe.SHOP.script x", "nothing.*"]).diff(old, new)
    found.title, found.coverage = "Drift of SHOP", Coverage(2, 3)
    return found


# Markdown


def test_markdown_shows_counts_and_collapsible_details(diffs):
    text = render_markdown(diffs)

    assert text.splitlines()[0] == "### `Drift of SHOP`"
    assert (
        "**1 added, 1 removed, 1 modified, 1 unchanged, 1 unknown. "
        "Of 3 objects in DSS, 2 are in the state.**" in text
    )
    assert (
        "<details><summary><code>~ recipe.SHOP.script</code> "
        "<code>by maria, 2026-01-02 03:04 UTC</code>, 1 change</summary>\n\n"
        "```diff\n~ payload:\n" in text
    )
    assert "\n-b\n+c\n" in text
    assert "no response in time" in text
    assert "`ignored 1 change by 1 rule; 1 unused (-v lists them)`" in text
    assert "recipe.SHOP.same" not in text
    text = render_markdown(diffs, verbose=True)
    assert "ignored 1: recipe.SHOP.script x" in text
    assert "ignored nothing: nothing.*" in text


def test_markdown_without_changes():
    assert render_markdown([]) == "### `Changes`\n\n**No changes. 0 unchanged.**"


def many(count, lines=1):
    """Return the diffs of recipes that all changed in another way."""
    names = [f"r{number:04}" for number in range(count)]
    scripts = {name: "".join(f"{name} {at}\n" for at in range(lines)) for name in names}
    old = state(**{name: {"x": 1, "y": text} for name, text in scripts.items()})
    new = state(
        2, **{name: {"x": name, "y": text.upper()} for name, text in scripts.items()}
    )
    return DiffEngine().diff(old, new)


def test_long_markdown_names_all_resources_before_the_details():
    text = render_markdown(many(1000))
    names, _ = text.split("<details>", 1)
    shown = text.count("<details>")
    ((left, changes),) = re.findall(
        r"_Details of (\d+) more resources with ([\d,]+) changes omitted", text
    )

    assert MAX_CHARACTERS - 700 < len(text) <= MAX_CHARACTERS
    assert names.count("\n~ recipe.SHOP.r") == 1000
    assert shown + int(left) == 1000
    assert int(changes.replace(",", "")) == 2 * int(left)
    assert "1,000 modified" in text


def test_markdown_counts_names_for_which_there_is_no_room():
    text = render_markdown(many(3000))
    (left,) = re.findall(r"… \(([\d,]+) more lines\)", text)
    assert text.count("\n~ recipe.SHOP.r") + int(left.replace(",", "")) == 3000
    assert len(text) <= MAX_CHARACTERS


def test_markdown_shares_the_room_for_details():
    text = render_markdown(many(100, lines=500))
    assert text.count("<details>") == 100
    assert "omitted" not in text
    assert MAX_CHARACTERS - 25_000 < len(text) <= MAX_CHARACTERS


def test_markdown_gives_large_sections_what_small_ones_leave():
    names = [f"r{number:02}" for number in range(80)]
    sizes = {name: 400 if number < 20 else 10 for number, name in enumerate(names)}
    scripts = {
        name: "".join(f"{name} {at}\n" for at in range(size))
        for name, size in sizes.items()
    }
    old = state(**{name: {"y": text} for name, text in scripts.items()})
    new = state(2, **{name: {"y": text.upper()} for name, text in scripts.items()})
    text = render_markdown(DiffEngine().diff(old, new))
    sections = [len(part) for part in text.split("<details>")[1:]]
    assert len(sections) == 80
    assert "omitted" not in text
    assert min(sections[:20]) > 2 * max(sections[20:])


def test_long_script_is_truncated_in_markdown():
    old = "".join(f"line {number}\n" for number in range(40_000))
    text = render_markdown(
        DiffEngine().diff(
            state(r={"payload": old}), state(r={"payload": old.replace("line", "row")})
        )
    )
    assert len(text) < 10_000
    assert re.search(r"… \([\d,]+ more lines\)", text)


def test_markdown_shows_the_reason_even_if_ids_are_truncated():
    unknown = [
        UnreadableResource(f"dataset.SHOP.d{number}", "timeout")
        for number in range(3000)
    ]
    text = render_markdown(ResourceDiffs(unknown=unknown))
    assert text.count("timeout") == 1
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
    """Return Markdown without its code fences and code spans."""
    text = re.sub(r"^(`{3,})diff\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


@pytest.mark.parametrize("hostile_text", HOSTILE_TEXTS)
def test_hostile_values_cannot_break_out_of_markdown(hostile_text):
    found = hostile(hostile_text)
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
    """Return diffs with a text in every place that DSS users control."""
    old, new = State(), State()
    name = re.sub(r"[\r\n]", " ", text)  # An id is one line.
    values: tuple[list[JSON], list[JSON]] = ["a\nb", 1], [f"a\n{text}", text]
    for side, value in zip((old, new), values, strict=True):
        attributes: dict[str, JSON] = {
            "x": value,
            text: value,
            "l": [{"name": text, "v": value[1]}],
        }
        key = f"dataset.SHOP.{name}"
        side.add_resource(Resource("dataset", key, attributes, metadata(text)))
    new.add_resource(Resource("dataset", f"dataset.SHOP.added {name}", {}))
    old.add_resource(Resource("dataset", f"dataset.SHOP.removed {name}", {}))
    new.unknown = {f"dataset.SHOP.unknown {name}": text}
    rule = json.dumps(f"dataset.{text}") + " reason=" + json.dumps(text)
    found = DiffEngine(ignore=[rule]).diff(old, new)
    found.title = text
    return found


# JSON


def test_json_is_complete_and_matches_its_schema(diffs):
    document = json.loads(render_json(diffs))

    jsonschema.validate(document, SCHEMA)
    assert document["format_version"] == 2
    assert document["title"] == "Drift of SHOP"
    assert document["summary"] == {
        "added": 1,
        "removed": 1,
        "modified": 1,
        "unchanged": 1,
        "unknown": 1,
        "unknown_in_part": 0,
        "renamed": 0,
        "recreated": 0,
        "derived": 0,
        "hidden_derived": 0,
        "unread_attributes": 0,
        "unwatched_projects": 0,
    }
    assert document["dss_version"] == {"old": None, "new": None}
    assert document["not_compared"] == []
    assert document["coverage"] == {"tracked": 2, "existing": 3}
    come, gone, script = document["resources"]
    assert (come["change"], gone["change"]) == ("added", "removed")
    assert script == {
        "change": "modified",
        "resource_id": "recipe.SHOP.script",
        "resource_type": "recipe",
        "project_key": "SHOP",
        "display_name": None,
        "severity": "code",
        "last_modified_by": "maria",
        "last_modified_at": "2026-01-02T03:04:05Z",
        "editor_recorded": True,
        "recreated": False,
        "renamed_from": None,
        "renamed_to": None,
        "downstream": [],
        "attributes": None,
        "changes": [
            {
                "kind": "modified",
                "path": "payload",
                "pointer": "/payload",
                "from_pointer": None,
                "severity": "code",
                "cause": None,
                "group_index": None,
                "old": "a\nb\n",
                "new": "a\nc\n",
            }
        ],
    }
    assert document["unknown"] == [
        {
            "resource_id": "recipe.SHOP.hidden",
            "reason": "no response in time",
            "last_modified_by": "maria",
            "last_modified_at": "2026-01-02T03:04:05Z",
        }
    ]
    assert document["ignored"] == [
        {"rule": "recipe.SHOP.script x", "suppressed": 1, "expired": False},
        {"rule": "nothing.*", "suppressed": 0, "expired": False},
    ]


@pytest.mark.slow
@settings(max_examples=60)
@given(STATES, STATES, st.lists(JSON_VALUES, max_size=5))
def test_json_matches_its_schema_and_is_deterministic(old, new, items):
    for side, values in ((old, items), (new, items[::-1])):
        side.add_resource(Resource("dataset", "dataset.P.a", {"l": values}))
    text = render_json(DiffEngine().diff(old, new))

    jsonschema.validate(json.loads(text), SCHEMA)
    assert text == render_json(DiffEngine().diff(old, new))
    text.encode("utf-8")


def undescribed(schema, name=""):
    """Yield the fields without a description in a schema."""
    for key, field in schema.get("properties", {}).items():
        if "description" not in field:
            yield f"{name}.{key}"
        yield from undescribed(field, f"{name}.{key}")
        yield from undescribed(field.get("items", {}), f"{name}.{key}[]")
        for option in field.get("oneOf", ()):
            yield from undescribed(option, f"{name}.{key}")


def test_schema_describes_every_field():
    assert list(undescribed(SCHEMA)) == []


def for_change(*args, **values):
    change = Change(*args, **values)
    diff = ResourceDiff(
        ChangeType.MODIFIED, "dataset.SHOP.a", "dataset", changes=(change,)
    )
    return json.loads(render_json([diff]), parse_constant=pytest.fail)


@pytest.mark.parametrize("kind", ValueChangeType)
def test_old_and_new_are_present_only_where_meaningful(kind):
    document = for_change(kind, (PathSegment("x"),), 1, 2)
    jsonschema.validate(document, SCHEMA)
    (entry,) = document["resources"][0]["changes"]
    expected = {"modified": {"old", "new"}, "added": {"new"}, "removed": {"old"}}
    assert entry.keys() & {"old", "new"} == expected.get(kind.value, set())
    for name in ("old", "new"):
        wrong = dict(entry, **{name: 0})
        if name in entry:
            del wrong[name]
        document["resources"][0]["changes"] = [wrong]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, SCHEMA)


def test_nan_and_infinities_are_strings():
    new = {"a": [float("inf")]}
    document = for_change(
        ValueChangeType.MODIFIED, (PathSegment("x"),), float("nan"), new
    )
    (entry,) = document["resources"][0]["changes"]
    assert (entry["old"], entry["new"]) == ("nan", {"a": ["inf"]})


# A project that was deleted and created again


def test_recreated_resource_is_a_change_in_every_report():
    again = ResourceDiff(
        ChangeType.UNCHANGED, "project.SHOP", "project", is_recreated=True
    )
    diffs = ResourceDiffs([again])

    assert render_text(diffs).splitlines() == [
        "  project.SHOP  (deleted and created again)",
        "",
        "0 added, 0 removed, 0 modified, 0 unchanged, 1 recreated",
    ]
    suite = ElementTree.fromstring(render_junit(diffs))
    assert suite.get("failures") == "1"
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "deleted and created again"
    assert "1 recreated" in render_markdown(diffs)


# JUnit


@pytest.mark.parametrize("name", ["", "weird", "dataset.SHOP.a\nb", "Dataset.P.x"])
def test_junit_reports_invalid_ids(name):
    text = render_junit(ResourceDiffs(unknown=[UnreadableResource(name, "why")]))
    (case,) = ElementTree.fromstring(text).iter("testcase")
    assert case.get("name") == name.replace("\n", "\\n")


def test_junit_has_a_test_case_per_resource(diffs):
    suite = ElementTree.fromstring(render_junit(diffs))
    cases = {case.get("name"): case for case in suite.iter("testcase")}

    assert suite.attrib == {
        "name": "dataiku-iac",
        "tests": "5",
        "failures": "3",
        "errors": "1",
    }
    assert len(cases) == 5
    assert list(cases["recipe.SHOP.same"]) == []
    assert cases["recipe.SHOP.same"].get("classname") == "recipe.SHOP"
    (failure,) = cases["recipe.SHOP.script"].iter("failure")
    assert failure.get("message") == "modified by maria, 2026-01-02 03:04 UTC"
    assert "    -b\n    +c" in (failure.text or "")
    (error,) = cases["recipe.SHOP.hidden"].iter("error")
    assert error.get("message") == "not read: no response in time"
    output = suite.findtext("system-out", "")
    assert "ignored 1 change by 1 rule; 1 unused" in output


@pytest.mark.parametrize("hostile_text", HOSTILE_TEXTS)
@pytest.mark.parametrize("render", [render_junit, render_json, render_text])
def test_reports_with_hostile_values_are_readable(render, hostile_text):
    text = render(hostile(hostile_text))

    text.encode("utf-8")
    if render is render_junit:
        assert len(list(ElementTree.fromstring(text).iter("testcase"))) == 4
    elif render is render_json:
        jsonschema.validate(json.loads(text), SCHEMA)
    else:
        assert "\x1b" not in text


def test_colors_depend_on_the_change_type(diffs):
    plain, colored = render_text(diffs), render_text(diffs, color=True)

    assert re.sub(r"\x1b\[\d*m", "", colored) == plain
    assert "\x1b[32m+ recipe.SHOP.come" in colored
    assert "\x1b[31m- recipe.SHOP.gone" in colored
    assert "\x1b[33m~ recipe.SHOP.script" in colored
    assert "\x1b[35m    ? recipe.SHOP.hidden" in colored


def test_unchanged_lines_of_a_script_have_no_color():
    context = ["@decorator", "- item", "+ x"]
    old = state(script={"payload": "\n".join([*context, "1"])})
    new = state(script={"payload": "\n".join([*context, "2"])})
    lines = render_text(DiffEngine().diff(old, new), color=True).splitlines()

    assert "         - item" in lines
    assert "         + x" in lines
    assert "\x1b[31m        -1\x1b[0m" in lines
    assert "\x1b[32m        +2\x1b[0m" in lines


@pytest.mark.parametrize(
    ("is_terminal", "no_color", "expected"),
    [(True, "", True), (True, "1", False), (False, "", False)],
)
def test_output_is_colored_on_a_terminal_unless_no_color_is_set(
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
