"""Renders diffs as JUnit XML, for test viewers and CI."""

from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dataikuapi.iac.analysis import Analysis, analyze
from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ChangeType, ResourceDiff, ResourceDiffs
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.reports.fact_lines import about_line
from dataikuapi.iac.reports.formatting import (
    change_lines,
    derived_lines,
    last_editor,
    rule_lines,
    summary_line,
    upgrade_lines,
)

__all__ = ["render_junit"]


def render_junit(
    diffs: Iterable[ResourceDiff], *, verbose: bool = False, full: bool = False
) -> str:
    """Return JUnit XML with one test per resource, which fails if it changed.

    What could not be read is an error, not a failure; so is an attribute that could not
    be compared, as a test of its own. One that the old state does not record yet is
    skipped, and so is a resource of which ignore rules hide all changes. The name of
    the suite only depends on the environment, so that CI recognizes the tests.

    Args:
        diffs: in the order in which to list them.
        verbose: list the ignore rules, instead of only counting what they hide.
        full: cut no values.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    suite = Element("testsuite", name=_suite_name(diffs))
    _add_properties(suite, diffs)
    _add_resources(suite, diffs, full)
    for item in diffs.unknown:
        _add_case(suite, item.resource_id, "error", f"not read: {item.reason}")
    for part in diffs.uncompared:
        outcome = "error" if part.is_unknown else "skipped"
        name = f" {part.attribute}"
        _add_case(
            suite, part.resource_id, outcome, f"not compared: {part.reason}", name
        )
    _count(suite)
    output = SubElement(suite, "system-out")
    lines = [
        *upgrade_lines(diffs),
        *derived_lines(diffs),
        *rule_lines(diffs.rules, verbose),
        summary_line(diffs),
    ]
    output.text = "\n".join(map(printable, lines))
    indent(suite)
    return tostring(suite, "unicode", xml_declaration=False)


def _suite_name(diffs: ResourceDiffs) -> str:
    return printable(" ".join(filter(None, ["dataiku-iac", diffs.states.environment])))


def _add_properties(suite: Element, diffs: ResourceDiffs) -> None:
    states = diffs.states
    known = {
        "title": diffs.title,
        "serial": "" if states.serial is None else str(states.serial),
        "url": states.url or "",
        "read_at": format_time(states.read_at) if states.read_at else "",
    }
    if any(known.values()):
        properties = SubElement(suite, "properties")
        for name, value in known.items():
            if value:
                SubElement(properties, "property", name=name, value=printable(value))


def _add_resources(suite: Element, diffs: ResourceDiffs, full: bool) -> None:
    """Add the resources, and those that rules hide, in the order of the diffs."""
    analysis = analyze(diffs)
    rules = {item.resource_id: item.rule for item in diffs.hidden}
    for diff in diffs:
        if diff.has_changed:
            message = " ".join(filter(None, [_change(diff), last_editor(diff)]))
            lines = [str(diff), *_lines(diff, analysis, full)]
            text = "\n".join(map(printable, lines))
            _add_case(suite, diff.resource_id, "failure", message).text = text
        elif diff.resource_id in rules:
            _add_hidden(suite, diff.resource_id, rules)
        else:
            _add_case(suite, diff.resource_id)
    shown = {diff.resource_id for diff in diffs}
    for resource_id in sorted(rules.keys() - shown) if diffs.is_whole else ():
        _add_hidden(suite, resource_id, rules)


def _add_hidden(suite: Element, resource_id: str, rules: Mapping[str, str]) -> None:
    _add_case(suite, resource_id, "skipped", f"ignored: {rules[resource_id]}")


def _lines(diff: ResourceDiff, analysis: Analysis, full: bool) -> Iterator[str]:
    yield from filter(None, [about_line(diff)])
    for position, change in enumerate(diff.changes):
        first, *others = change_lines(change, full=full)
        cause = analysis.cause(diff, position)
        yield f"{first}  ({cause.reason})" if cause else first
        yield from others


def _add_case(
    suite: Element,
    resource_id: str,
    outcome: str = "",
    message: str = "",
    part: str = "",
) -> Element:
    """Add a test; return the element of its outcome, or the test if it passed."""
    # Not parsed as an id: where a listing failed, its key is not one.
    classname = printable(".".join(resource_id.split(".")[:2]))
    name = printable(f"{resource_id}{part}")
    case = SubElement(suite, "testcase", classname=classname, name=name)
    if not outcome:
        return case
    return SubElement(case, outcome, message=printable(message))


def _count(suite: Element) -> None:
    """Set the counts of the suite."""
    suite.set("tests", str(len(suite.findall("testcase"))))
    for outcome in ("failure", "error"):
        suite.set(f"{outcome}s", str(len(suite.findall(f"testcase/{outcome}"))))
    skipped = len(suite.findall("testcase/skipped"))
    if skipped:
        suite.set("skipped", str(skipped))


def _change(diff: ResourceDiff) -> str:
    """Return the type of change; "" if it was only deleted and created again."""
    return "" if diff.change_type is ChangeType.UNCHANGED else diff.change_type.value
