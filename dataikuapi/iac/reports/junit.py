"""Renders diffs as JUnit XML, for test viewers and CI."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ChangeType, ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.formatting import (
    change_lines,
    last_editor,
    rule_lines,
    summary_line,
    upgrade_lines,
)

__all__ = ["render_junit"]


def render_junit(diffs: Iterable[ResourceDiff]) -> str:
    """Return JUnit XML with one test per resource, which fails if it changed.

    What could not be read is an error, not a failure; so is an attribute that could not
    be compared, as a test of its own. One that the old state does not record yet is
    skipped.

    Args:
        diffs: in the order in which to list them.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    unreadable = sum(item.is_unknown for item in diffs.uncompared)
    suite = Element(
        "testsuite",
        name=printable(diffs.title or "dataiku-iac"),
        tests=str(len(diffs) + len(diffs.unknown) + len(diffs.uncompared)),
        failures=str(sum(diff.has_changed for diff in diffs)),
        errors=str(len(diffs.unknown) + unreadable),
    )
    if len(diffs.uncompared) > unreadable:
        suite.set("skipped", str(len(diffs.uncompared) - unreadable))
    for diff in diffs:
        case = _case(suite, diff.resource_id)
        if diff.has_changed:
            message = " ".join(filter(None, [_change(diff), last_editor(diff)]))
            failure = SubElement(case, "failure", message=printable(message))
            lines = [line for change in diff.changes for line in change_lines(change)]
            failure.text = "\n".join(map(printable, [str(diff), *lines]))
    for item in diffs.unknown:
        case = _case(suite, item.resource_id)
        SubElement(case, "error", message=printable(f"not read: {item.reason}"))
    for part in diffs.uncompared:
        case = _case(suite, part.resource_id, f" {part.attribute}")
        outcome = "error" if part.is_unknown else "skipped"
        SubElement(case, outcome, message=printable(f"not compared: {part.reason}"))
    output = SubElement(suite, "system-out")
    lines = [*upgrade_lines(diffs), *rule_lines(diffs.rules), summary_line(diffs)]
    output.text = "\n".join(map(printable, lines))
    indent(suite)
    return tostring(suite, "unicode", xml_declaration=False)


def _change(diff: ResourceDiff) -> str:
    """Return the type of change; "" if it was only deleted and created again."""
    return "" if diff.change_type is ChangeType.UNCHANGED else diff.change_type.value


def _case(suite: Element, resource_id: str, part: str = "") -> Element:
    # Not parsed as an id: where a listing failed, its key is not one.
    classname = ".".join(resource_id.split(".")[:2])
    name = printable(f"{resource_id}{part}")
    return SubElement(suite, "testcase", classname=printable(classname), name=name)
