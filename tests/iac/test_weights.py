"""Severities: what a change affects, as the types declare it."""

from typing import Any

import pytest

from dataikuapi.iac import Resource
from dataikuapi.iac.analysis.weights import severity_of_diff
from dataikuapi.iac.models import Severity
from iac.flows import CLEAN, PREPARE, changed, dataset, diff, resource, with_columns

SETTINGS: dict[str, Any] = {
    "settings": {"codeEnvs": {}, "limits": {}},
    "permissions": {"owner": "ann"},
}


def project(**attributes):
    return Resource("project", "project.SHOP", {**SETTINGS, **attributes})


CASES = [
    (Severity.PERMISSIONS, project(), project(permissions={"owner": "bob"})),
    (Severity.PERMISSIONS, project(), project(exposedObjects={"objects": []})),
    (
        Severity.CONNECTION,
        project(),
        project(settings={"codeEnvs": {"python": {}}, "limits": {}}),
    ),
    (Severity.OTHER, project(), project(settings={"codeEnvs": {}, "limits": {"x": 1}})),
    (Severity.DESCRIPTION, project(), project(shortDesc="new")),
    (Severity.CONNECTION, CLEAN, dataset("clean", "id", "amount", connection="s3")),
    (Severity.CONNECTION, CLEAN, changed(CLEAN, type="S3")),
    (Severity.SCHEMA, CLEAN, with_columns(CLEAN, "id")),
    (Severity.OTHER, CLEAN, changed(CLEAN, formatType="csv")),
    (Severity.DESCRIPTION, CLEAN, changed(CLEAN, tags=["x"])),
    (Severity.CODE, PREPARE, changed(PREPARE, payload="other")),
    (Severity.CODE, PREPARE, changed(PREPARE, inputs={})),
    (
        Severity.CONNECTION,
        changed(PREPARE, params={"envSelection": {"envMode": "INHERIT"}}),
        changed(PREPARE, params={"envSelection": {"envName": "py39"}}),
    ),
    (Severity.DESCRIPTION, PREPARE, changed(PREPARE, labels=["x"])),
]


@pytest.mark.parametrize(("severity", "old", "new"), CASES)
def test_severity_of_a_change(severity, old, new):
    (found,) = diff([old], [new])
    assert severity_of_diff(found) is severity


def test_the_heaviest_change_counts():
    new = changed(with_columns(CLEAN, "id"), tags=["x"], formatType="csv")
    assert severity_of_diff(*diff([CLEAN], [new])) is Severity.SCHEMA


def test_added_removed_and_recreated():
    (added,) = diff([], [CLEAN])
    (removed,) = diff([CLEAN], [])
    assert severity_of_diff(added) is Severity.ADDED
    assert severity_of_diff(removed) is Severity.REMOVED


def test_unregistered_types_have_no_severities():
    old = resource("gizmo", "g", "SHOP", {"permissions": 1, "x": {"schema": 1}})
    (found,) = diff([old], [changed(old, permissions=2)])
    assert severity_of_diff(found) is Severity.OTHER


def test_order_of_weight():
    assert [item.value for item in sorted(Severity, key=lambda item: item.rank)] == [
        "permissions",
        "removed",
        "added",
        "connection",
        "schema",
        "code",
        "other",
        "description",
    ]
