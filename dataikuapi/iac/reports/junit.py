"""Renders diffs as JUnit XML, for test viewers and CI."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dataikuapi.iac.models import ChangeType, ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.formatting import (
    change_lines,
    last_editor,
    printable,
    rule_lines,
    summary_line,
)

__all__ = ["render_junit"]


def render_junit(diffs: Iterable[ResourceDiff]) -> str:
    """Return JUnit XML with one test per resource, which fails if it changed.

    What could not be read is an error, not a failure.

    Args:
        diffs: in the order in which to list them.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    suite = Element(
        "testsuite",
        name=printable(diffs.title or "dataiku-iac"),
        tests=str(len(diffs) + len(diffs.unknown)),
        failures=str(sum(diff.has_changed for diff in diffs)),
        errors=str(len(diffs.unknown)),
    )
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
    output = SubElement(suite, "system-out")
    output.text = "\n".join(
        map(printable, [*rule_lines(diffs.rules), summary_line(diffs)])
    )
    indent(suite)
    return tostring(suite, "unicode", xml_declaration=False)


def _change(diff: ResourceDiff) -> str:
    """Return the type of change; "" if it was only deleted and created again."""
    return "" if diff.change_type is ChangeType.UNCHANGED else diff.change_type.value


def _case(suite: Element, resource_id: str) -> Element:
    # Not parsed as an id: where a listing failed, its key is not one.
    classname = ".".join(resource_id.split(".")[:2])
    return SubElement(
        suite, "testcase", classname=printable(classname), name=printable(resource_id)
    )
