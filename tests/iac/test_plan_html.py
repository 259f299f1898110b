"""Plans in a notebook."""

import pytest

from dataikuapi.iac.plan import ExecutionPlan
from iac.page import Page
from iac.planning import EDITED, edited_project, mixed_plan, of_orders, scripts_plan
from iac.test_plan import A, B, C, many, orders, planned, state
from iac.test_plan_text import TASK_PLAN


def page(plan):
    return Page(plan._repr_html_())


def test_summary_and_counts_by_type():
    found = page(mixed_plan())
    assert "Plan: 1 to create, 1 to update, 2 to delete; 2 conflicts" in found.text
    assert found.rows[0][1:4] == ["create", "update", "delete"]
    assert found.row("recipe")[:3] == ["1", "0", "1"]


def test_what_is_urgent_comes_first():
    text = page(mixed_plan()).text
    order = [
        "- delete",
        "! conflict",
        "# blocked",
        "= adopt",
        "~ update",
        "* plan-only",
    ]
    assert sorted(order, key=text.index) == order


def test_changes_conflicts_and_what_stays():
    live = orders(editor="bob", x=1, y=2)
    update = of_orders([orders(x=1, y=1)], [orders(x=2, y=1)], [live])
    text = page(update).text
    assert "~ x: 1 → 2" in text
    assert "stays as it was changed in DSS by bob:~ y: 1 → 2" in text
    text = page(of_orders([A], [B], [C])).text
    assert "in the code:~ x: 1 → 2in DSS:~ x: 1 → 3" in text
    assert "- x = 1\n+ x = 2\n" in page(scripts_plan()).text


def test_what_is_not_changed_says_what_the_code_would_change():
    text = page(TASK_PLAN).text
    assert "only read: change it in DSS" in text
    assert '~ taskType: "REGRESSION" → "BINARY"' in text


def test_kept_object_is_not_shown_as_added():
    """It is not created."""
    assert "added" not in str(page(of_orders([A], [A], [])).attributes)


def test_values_are_escaped():
    found = page(of_orders([A], [orders(x="<script>alert(1)</script>")], [A]))
    assert "script" not in found.tags
    assert "<script>" in found.text


def test_very_many_are_counted_and_none_that_is_urgent_is_left_out():
    plan = planned(state(A), state(*many(300, x=1)), state(A), allow_delete=True)
    text = page(plan).text
    assert "- delete dataset.SHOP.orders" in text
    assert "… and 101 more objects" in text


def test_empty_plan():
    assert page(ExecutionPlan()).text == "No changes."


@pytest.mark.all_types
def test_plan_of_an_edited_folder(project_folder, serve, tmp_path):
    text = page(edited_project(project_folder, serve, tmp_path)).text
    assert EDITED in text
    assert text.count("~ update") == 1
