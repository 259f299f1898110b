"""The report as a page: one file with all of it, from Python and the command line."""

import hashlib
import re
from base64 import b64encode

import pytest

from dataikuapi.iac import ConfigurationError
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.models import (
    Coverage,
    DSSVersions,
    ResourceDiffs,
    RuleUsage,
    UncomparedAttribute,
    UnreadableResource,
)
from dataikuapi.iac.reports import render_flow, render_html_page
from dataikuapi.iac.reports.page import rendering
from iac.drifts import HOSTILE, hostile_drift, large_drift
from iac.flows import (
    CLEAN,
    FLOW,
    RAW,
    READ,
    REPORT,
    TOP,
    changed,
    dataset,
    diff,
    with_columns,
)

ENTRY = re.compile(r'<details id="(change-\d+)" class="change (\w+)" (.*?)>')


def entries(html):
    """Return anchor, class and other attributes of each change, in their order."""
    return [
        (anchor, css, dict(re.findall(r'data-(\w+)="(.*?)"', rest)))
        for anchor, css, rest in ENTRY.findall(html)
    ]


@pytest.fixture(scope="module")
def drift():
    """One removed dataset, one with another schema, and one with a tag."""
    new = [with_columns(x, "id") if x is RAW else x for x in FLOW if x is not TOP]
    new[new.index(CLEAN)] = changed(CLEAN, tags=["x"])
    return diff(FLOW, new)


def test_heaviest_first_with_what_filters_need(drift):
    found = entries(render_html_page(drift))
    assert [(css, about["severity"]) for _, css, about in found] == [
        ("removed", "removed"),
        ("changed", "schema"),
        ("changed", "description"),
    ]
    assert {about["types"] for *_, about in found} == {"dataset"}
    assert {about["projects"] for *_, about in found} == {"SHOP"}
    assert [anchor for anchor, *_ in found] == ["change-1", "change-2", "change-3"]


def test_three_most_important_lead_to_their_changes(drift):
    html = render_html_page(drift)
    (top,) = re.findall(r'<ol class="top">.+?</ol>', html, re.DOTALL)
    # What only people read is not important while there is anything else.
    assert re.findall(r'<a href="#(.+?)">', top) == ["change-1", "change-2"]


def test_same_change_of_several_is_one_entry():
    sets = [dataset(name, "id") for name in "abcd"]
    other = dataset("a", "id", project="OTHER")
    new = [changed(x, connection="s3") for x in (*sets, other)]
    ((_, css, about),) = entries(render_html_page(diff([*sets, other], new)))
    assert css == "changed" and about["projects"] == "OTHER SHOP"


def test_derived_changes_are_below_their_cause():
    new = [changed(x, payload="z\n") if x is REPORT else x for x in FLOW]
    new[new.index(TOP)] = with_columns(TOP, "id", "more")
    html = render_html_page(diff(FLOW, new))
    assert len(entries(html)) == 1
    assert "What DSS changed by itself because of this" in html
    # The dataset in the flow leads to the entry that has its change.
    (target,) = re.findall(
        r'<a class="node changed" href="#(.+?)"><title>dataset top', html
    )
    assert target == entries(html)[0][0]


def test_what_is_not_known_is_said():
    diffs = ResourceDiffs(
        diff(FLOW, FLOW),
        unknown=[UnreadableResource("dataset.SHOP.x", "no rights")],
        uncompared=[UncomparedAttribute("project.SHOP", "permissions", "no rights")],
        rules=[RuleUsage("dataset.* /tags", 3)],
        coverage=Coverage(1, 2),
        dss_versions=DSSVersions("13.0", "14.0"),
        title="Drift of SHOP",
    )
    html = render_html_page(diffs)
    for text in (
        "No changes in what could be read",
        "1 object: no rights",
        "dataset.SHOP.x",
        "permissions not compared: no rights",
        "dataset.* /tags",
        "14.0",
        "50",
    ):
        assert text in html
    assert entries(html) == []


def test_what_was_not_compared_is_not_called_unchanged():
    uncompared = UncomparedAttribute("project.SHOP", "permissions", "", is_unknown=True)
    html = render_html_page(ResourceDiffs(diff(FLOW, FLOW), uncompared=[uncompared]))
    assert "No changes in what was compared." in html


def test_nothing_but_its_own_style_and_script_is_allowed(drift):
    html = render_html_page(drift)
    (policy,) = re.findall(r'Content-Security-Policy" content="(.+?)"', html)
    directives = dict(
        x.split(" ", 1) for x in policy.replace("&#x27;", "'").split("; ")
    )
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("base-uri") == directives.pop("form-action") == "'none'"
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert directives.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert directives == {}
    assert "http://" not in html and "https://" not in html


def test_hostile_text_is_escaped():
    html = render_html_page(hostile_drift())
    rest = re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)
    for name in HOSTILE[:4]:
        assert name not in rest
    assert "\u202e" not in html, "text would run backwards"


def test_each_of_many_is_there():
    assert len(entries(render_html_page(large_drift(600)))) == 600


def test_missing_packages_are_named(drift, monkeypatch):
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    with pytest.raises(
        ConfigurationError, match=r"pip install 'dataiku-iac\[report\]'"
    ):
        render_html_page(drift)


def test_command_line_says_it_before_anything_is_read(run, monkeypatch):
    assert run("sync")[0] == 0
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    code, output, errors = run("report", "x.html")
    assert (code, output) == (64, "")
    assert errors.startswith("error: a report as HTML needs jinja2 and grandalf")
    assert run("report", "x.txt", "--format", "text")[0] == 0


def test_report_writes_a_page(run, tmp_path):
    assert run("sync")[0] == 0
    path = tmp_path / "drift.html"
    code, output, errors = run("report", str(path))
    assert (code, output) == (0, "")
    assert "No changes" in errors
    html = path.read_text("utf-8")
    assert html.startswith("<!doctype html>") and "No changes." in html
    code, output, _ = run("drift", "--format", "html")
    assert code == 0 and output.startswith("<!doctype html>")


def test_drift_report_returns_it(drift):
    report = DriftReport(drift, "dev", ("SHOP",), READ)
    assert report.to_html() == render_html_page(drift)
    assert report.flow() == render_flow(drift)


def test_report_takes_one_place_to_write(run):
    assert run("report")[0] == 64
    code, _, errors = run("-o", "a.html", "report", "b.html")
    assert code == 64 and "--output and FILE" in errors
