"""Scripts compared line by line, as git does it: patch applies what is shown."""

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataikuapi.iac.models import Change, PathSegment, ValueChangeType
from dataikuapi.iac.reports.formatting import change_lines
from dataikuapi.iac.reports.unified import line_excerpts, unified_diff

NUMBERED = "".join(f"line {number}\n" for number in range(1, 31))
SCRIPTS = {
    "lines taken out and put in": (
        NUMBERED,
        NUMBERED.replace("line 3\n", "").replace("line 20\n", "line 20\nline 20.5\n"),
    ),
    "the first line, and the last": (
        NUMBERED,
        NUMBERED.replace("line 1\n", "").replace("line 30\n", "end\n"),
    ),
    "no line feed at the end": (NUMBERED, NUMBERED + "last"),
    "neither has one": ("a\nb\nc", "a\nb\nC"),
    "a script of one line": ("x = 1", "x = 1\ny = 2\n"),
    "whitespace": ("if x:\n    y()\n", "if x:\n\ty()\n"),
    "lines with signs": ("- a\n+ b\n@@ c\n\\ d\n e\n", "- a\n+ B\n@@ c\n\\ D\n e\n"),
    "letters": ("é\nb\n", "e\u0301\nb\n"),
    "all of it new": ("a\nb\n", "1\n2\n3\n"),
}
CASES = [pytest.param(*pair, id=name) for name, pair in SCRIPTS.items()]


def test_hunks_have_the_heads_that_git_writes():
    assert unified_diff(*SCRIPTS["lines taken out and put in"]) == [
        "@@ -1,5 +1,4 @@",
        " line 1",
        " line 2",
        "-line 3",
        " line 4",
        " line 5",
        "@@ -19,4 +18,5 @@",
        " line 19",
        " line 20",
        "+line 20.5",
        " line 21",
        " line 22",
    ]
    assert unified_diff("a\n", "b\n") == ["@@ -1 +1 @@", "-a", "+b"]
    assert unified_diff("", "a\nb\n") == ["@@ -0,0 +1,2 @@", "+a", "+b"]
    assert unified_diff("a\nb\n", "") == ["@@ -1,2 +0,0 @@", "-a", "-b"]


def shown(old, new):
    """Return the lines that are shown of a script, as a diff of a file ``f``."""
    path = (PathSegment("payload"),)
    change = Change(ValueChangeType.MODIFIED, path, old, new)
    title, *lines = change_lines(change)
    assert title == "~ payload:"
    return [line.removeprefix("    ") for line in lines]


@pytest.mark.parametrize(("old", "new"), CASES)
@pytest.mark.parametrize("tool", ["patch", "git"])
def test_patch_applies_what_is_shown(tool, old, new, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    command = {"patch": ["patch", "f"], "git": ["git", "apply", "-"]}[tool]
    (tmp_path / "f").write_text(old, "utf-8", newline="")
    hunks = "\n".join(["--- a/f", "+++ b/f", *shown(old, new), ""])
    result = subprocess.run(
        command, input=hunks, cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert result.returncode == 0, result
    assert (tmp_path / "f").read_bytes() == new.encode("utf-8")


HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def applied(text, lines):
    """Apply a unified diff, with a check of all numbers in its heads."""
    old = re.findall(r"[^\n]*\n|[^\n]+", text)
    new: list[str] = []
    last = new
    row = 0
    numbers: Iterator[str] = iter([])
    for line in lines:
        head = HEAD.match(line)
        if head:
            assert next(numbers, None) is None, "the head counts too many lines"
            start, rows, first, columns = (int(part or 1) for part in head.groups())
            start, first = start - bool(rows), first - bool(columns)
            new += old[row:start]
            row = start
            assert len(new) == first
            numbers = iter(["-"] * rows + ["+"] * columns)
        elif line[0] == "\\":
            last[-1] = last[-1].removesuffix("\n")
        elif line[0] == "+":
            new.append(f"{line[1:]}\n")
            last = new
        else:
            last = [f"{line[1:]}\n"]
            if line[0] == " ":
                new += last
                last = new
            row += 1
        if not head and line[0] != "\\":
            next(numbers)
            if line[0] == " ":
                next(numbers)
    assert next(numbers, None) is None
    return "".join([*new, *old[row:]])


LINES = st.lists(
    st.sampled_from(["a", "b", "c", "", " ", "\r", "d\u2028", "+", "\\ x"]), max_size=12
)


@given(LINES.map("\n".join), LINES.map("\n".join))
@example("", "a")
def test_hunks_lead_from_the_old_to_the_new_text(old, new):
    assert applied(old, unified_diff(old, new)) == new
    assert bool(unified_diff(old, new)) == (old != new)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        pytest.param("a\nx = 1\n", "a\nx = 1 \n", "line 2", id="blank at the end"),
        pytest.param("if x:\n    y\n", "if x:\n\ty\n", "line 2", id="tab"),
        pytest.param("a\r\nb\nc\n", "a\nB\nc\n", "line 1", id="carriage return"),
        pytest.param("é\nb\n", "e\u0301\nb\n", "line 1", id="accent"),
        pytest.param("Ａ\nb\n", "A\nb\n", "line 1", id="full width"),
        pytest.param("a\nb", "a\nb\nc", "line 2", id="line feed"),
        pytest.param("a\nb\n", "a \nb \n", "lines 1, 2", id="two"),
        pytest.param("a\n" * 9, "a \n" * 9, "lines 1, 2, 3, …", id="many"),
    ],
)
def test_head_says_which_lines_look_alike(old, new, lines):
    head, *_ = unified_diff(old, new)
    assert head.partition("@@ only ")[2] == f"whitespace or encoding differs: {lines}"


def test_head_says_nothing_of_lines_that_look_different():
    for old, new in (("a\nb\n", "a\n\nb\n"), ("a\n", "b\n"), ("a", "b")):
        head, *_ = unified_diff(old, new)
        assert head.endswith("@@")


# Lines that are too long for a terminal

LONG = "SELECT " + ", ".join(f"column_{number}" for number in range(30))


def test_long_lines_are_cut_alike_before_they_differ():
    new = LONG.replace("column_20", "column_x")
    head, context, removed, added = line_excerpts(
        ["@@ -1,2 +1,2 @@", f" {LONG}", f"-{LONG}", f"+{new}"], 72
    )
    assert head == "@@ -1,2 +1,2 @@"
    assert context.startswith(" SELECT column_0, ") and context.endswith(", …")
    assert removed.startswith("-…column_19, column_20, ")
    assert added.startswith("+…column_19, column_x, ")
    assert all(len(line) <= 72 for line in (context, removed, added))


def test_long_line_is_compared_with_the_one_that_it_resembles():
    removed, *added = line_excerpts([f"-{LONG}", "+-- a note", f"+{LONG} FROM t"], 72)
    assert added == ["+-- a note", "+…column_28, column_29 FROM t"]
    assert removed == "-…column_28, column_29"


def test_long_line_is_whole_where_its_excerpt_looks_like_another():
    start, end = "x" * 100, "y" * 100
    lines = [f"-{start}1{end}", f"-{start}2{end}", f"+{start}3{end}", f"+{end}{start}"]
    shown = list(line_excerpts(lines, 72))
    assert len({line[1:] for line in shown}) == 4


@given(
    st.lists(st.text("ab \u4e00", min_size=60, max_size=90), max_size=4),
    st.lists(st.text("ab \u4e00", min_size=60, max_size=90), max_size=4),
)
def test_no_line_looks_like_one_of_the_other_side(old, new):
    old, new = (["s" * 70 + line for line in lines] for lines in (old, new))
    lines = [*(f"-{line}" for line in old), *(f"+{line}" for line in new)]
    shown = list(line_excerpts(lines, 72))
    before, after = shown[: len(old)], shown[len(old) :]
    for one, text in zip(old, before, strict=True):
        for other, changed in zip(new, after, strict=True):
            assert one == other or text[1:] != changed[1:]
