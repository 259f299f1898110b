"""Plans as text: what a person reads before anything is done."""

import re

import pytest

from dataikuapi.iac.models.times import parse_time
from dataikuapi.iac.plan import ActionType, ExecutionPlan, PlanMetadata
from dataikuapi.iac.reports.plan_text import render_plan_text
from iac.planning import (
    EDITED,
    edited_project,
    mixed_plan,
    of_orders,
    script,
    scripts_plan,
)
from iac.test_plan import TYPES, A, B, C, item, many, orders, planned, recipe, state

READ_AT = parse_time("2026-01-02T03:04:05Z")


def block(plan, title):
    """Return the lines of the action whose title begins so, as one text."""
    lines = str(plan).split("\n")
    (first,) = [n for n, line in enumerate(lines) if line.startswith(title)]
    rest = (n for n, line in enumerate(lines) if n > first and line[:1] != " ")
    return "\n".join(lines[first : next(rest)])


def last_line(plan):
    return str(plan).split("\n")[-1]


@pytest.mark.parametrize(
    "sides, options, expected",
    [
        (([], [A], []), {}, "+ create dataset.SHOP.orders"),
        (([A], [B], [A]), {}, "~ update dataset.SHOP.orders\n    ~ x: 1 -> 2"),
        (
            ([A], [], [A]),
            {"allow_delete": True},
            "- delete dataset.SHOP.orders  (deletes dataset orders; its data stays)",
        ),
        (
            ([A], [], [A]),
            {"allow_delete": True, "delete_data": True},
            (
                "- delete dataset.SHOP.orders  (deletes dataset orders, and its "
                "data is dropped\n      for good)"
            ),
        ),
        (
            ([], [A], [A]),
            {},
            "= adopt dataset.SHOP.orders  (only the stored state changes)",
        ),
        (
            ([A], [], []),
            {},
            (
                ". forget dataset.SHOP.orders  (it is not in DSS either;\n"
                "      only the stored state changes)"
            ),
        ),
        (
            ([A], [B], [orders(editor="bob", x=3)]),
            {},
            (
                "! conflict dataset.SHOP.orders  (it was changed in DSS by bob)\n"
                "    ! x: stored 1, code 2, DSS 3"
            ),
        ),
        (([A], [A], []), {}, "* kept dataset.SHOP.orders  (it was deleted in DSS)"),
        (
            ([A], [A], [B]),
            {},
            (
                "* kept dataset.SHOP.orders  (it was changed in DSS)\n"
                "    stays as it was changed in DSS:\n        ~ x: 1 -> 2"
            ),
        ),
    ],
)
def test_block_of_each_action(sides, options, expected):
    plan = of_orders(*sides, **options)
    title = " ".join(expected.split()[:3])
    assert block(plan, title) == expected


def test_what_is_not_deleted_says_why():
    assert (
        "(the code no longer has it; it is deleted if\n      deletes are allowed)"
        in block(of_orders([A], [], [A]), "* plan-only")
    )


TASK_PLAN = planned(
    *(
        state(item("ml_task.SHOP.a/t", taskType=kind), types=[*TYPES, "ml_task"])
        for kind in ("REGRESSION", "BINARY", "REGRESSION")
    )
)
"""A change of what is only read."""


def test_what_is_not_changed_says_what_the_code_would_change():
    assert block(TASK_PLAN, "* plan-only").split("\n")[-2:] == [
        "    the code would change:",
        '    ~ taskType: "REGRESSION" -> "BINARY"',
    ]


def test_blocked_action_says_what_it_would_do_and_what_it_needs():
    plan = planned(state(A), state(A, recipe("r", ["orders"])), state())
    assert block(plan, "# blocked").startswith(
        "# blocked recipe.SHOP.r  (would be created; it needs dataset.SHOP.orders)"
    )
    assert "blocks recipe.SHOP.r" in block(plan, "* kept")


def test_delete_says_which_update_comes_first():
    other = item("dataset.SHOP.z", x=1)
    sides = (
        state(A, other, recipe("r", ["orders"])),
        state(other, recipe("r", ["z"])),
        state(A, other, recipe("r", ["orders"])),
    )
    plan = planned(*sides, allow_delete=True)
    assert "after the update of recipe.SHOP.r" in block(plan, "- delete")


def test_objects_without_a_telling_id_are_named():
    plan = planned(state(), state(item("web_app.SHOP.Xy", name="Map")), state())
    assert '+ create web_app.SHOP.Xy "Map"' in str(plan)


def test_both_sides_of_a_script_are_compared_by_line():
    shown = block(scripts_plan(), "! conflict recipe.SHOP.r")
    assert "in the code:\n        ~ payload:\n            @@" in shown
    assert "            -x = 1\n            +x = 2" in shown
    assert "            -x = 1\n            +x = 3" in shown


def test_script_of_an_update_is_compared_by_line():
    before, after = script(1), script(2)
    plan = planned(state(before), state(after), state(before))
    assert "    ~ payload:\n        @@" in block(plan, "~ update")
    assert "        -x = 1\n        +x = 2\n" in block(plan, "~ update")


def test_whole_conflict_says_what_the_code_would_change():
    plan = of_orders([], [A], [orders(editor="bob", x=2)])
    assert "the code would change:\n    ~ x: 2 -> 1" in block(plan, "! conflict")


def test_update_says_who_made_the_changes_that_stay():
    live = orders(editor="bob", x=1, y=2)
    plan = of_orders([orders(x=1, y=1)], [orders(x=2, y=1)], [live])
    assert block(plan, "~ update") == (
        "~ update dataset.SHOP.orders\n    ~ x: 1 -> 2\n"
        "    stays as it was changed in DSS by bob:\n        ~ y: 1 -> 2"
    )


class TestLastLine:
    """What is read by people in a hurry, and by scripts."""

    def test_singular_and_plural(self):
        assert last_line(of_orders([A], [B], [C])) == (
            "Plan: 0 to create, 0 to update, 0 to delete; 1 conflict."
        )

    def test_all_that_is_not_zero_is_added(self):
        assert last_line(mixed_plan()) == (
            "Plan: 1 to create, 1 to update, 2 to delete; 2 conflicts, 1 to adopt, "
            "1 to forget, 1 blocked, 2 plan-only."
        )

    def test_nothing(self):
        assert last_line(of_orders([A], [A], [A])) == "No changes."
        assert str(ExecutionPlan()) == "No changes."

    def test_nothing_but_what_stays(self):
        assert last_line(of_orders([A], [A], [B])) == "No changes. 1 kept."

    def test_what_is_unchanged_is_only_counted(self):
        text = str(of_orders([A], [A], [A]))
        assert "unchanged: 2 objects" in text
        assert "orders" not in text


class TestNotes:
    """What the plan is not about."""

    def test_title(self):
        metadata = PlanMetadata("dev", "https://dss", read_at=READ_AT, source="shop/")
        assert str(ExecutionPlan(metadata=metadata)).startswith(
            "Plan for dev (https://dss), from shop/, DSS read 2026-01-02 03:04 UTC\n\n"
        )

    def test_all(self):
        metadata = PlanMetadata(
            unmanaged=("dataset.SHOP.u",),
            uncovered=("web_app",),
            left_out=("dataset.SHOP.l",),
            dependants=("recipe.SHOP.d",),
            cycles=(("scenario.SHOP.A", "scenario.SHOP.B"),),
            refusal="7 of 20 managed objects in SHOP",
        )
        assert str(ExecutionPlan(metadata=metadata)).split("\n")[:-2] == [
            "left out, not among the targets: dataset.SHOP.l",
            "left alone, depend on the targets: recipe.SHOP.d",
            "not managed: 1 object only in DSS: dataset.SHOP.u",
            "not covered by the code, left alone: web_app",
            "need each other, in arbitrary order: scenario.SHOP.A, scenario.SHOP.B",
            "refused, nothing is done: 7 of 20 managed objects in SHOP",
        ]

    def test_many_objects_are_named_only_if_asked_for(self):
        plan = planned(state(A), state(A), state(A, *many(30, x=1)))
        assert "not managed: 30 objects only in DSS:" in str(plan)
        assert "and 20\n  more" in str(plan)
        assert "dataset.SHOP.d29" in render_plan_text(plan, verbose=True)


class TestHeadlines:
    """The three that matter among two hundred."""

    def test_deletes_conflicts_and_what_is_blocked_come_first(self):
        created = many(200, x=1)
        away = item("dataset.SHOP.away")
        base = (item("dataset.SHOP.old"), A, away)
        plan = planned(
            state(*base),
            state(B, away, recipe("r", ["away"]), *created),
            state(item("dataset.SHOP.old"), C),
            allow_delete=True,
        )
        lines = str(plan).split("\n")
        first = lines.index("Look at these first:") + 1
        assert lines[first : first + 4] == [
            "  - delete dataset.SHOP.old  deletes dataset old; its data stays",
            "  ! conflict dataset.SHOP.orders  in x",
            "  # blocked recipe.SHOP.r  would be created; it needs dataset.SHOP.away",
            "",
        ]

    def test_refusal_is_among_them(self):
        before = many(40, x=1)
        plan = planned(state(*before), state(*many(40, x=2)), state(*before))
        lines = str(plan).split("\n")
        first = lines.index("Look at these first:") + 1
        assert lines[first].startswith("  refused, nothing is done: 40 of 41 managed")

    def test_many_of_one_kind_do_not_hide_the_others(self):
        gone = many(30, x=1)
        plan = planned(state(A, *gone), state(B), state(C, *gone), allow_delete=True)
        text = str(plan)
        assert "  … and 24 more to delete\n  ! conflict dataset.SHOP.orders" in text

    def test_short_plan_has_none(self):
        assert "first:" not in str(of_orders([A], [B], [C]))


def test_lines_fit_a_terminal():
    for plan in (mixed_plan(), scripts_plan()):
        *lines, _ = str(plan).split("\n")
        assert max(map(len, lines)) <= 80


def test_control_characters_are_shown():
    plan = of_orders([A], [orders(x="\x1b[31m")], [A])
    assert "\x1b" not in str(plan)
    assert r"\x1b[31m" in str(plan) or r"\u001b[31m" in str(plan)


def test_colors_follow_the_signs():
    text = render_plan_text(mixed_plan(), color=True)
    for sign, code in {"+": 32, "-": 31, "~": 33, "=": 36, "!": 35, "#": 35}.items():
        assert re.search(rf"^\x1b\[{code}m{re.escape(sign)} \w+ ", text, re.MULTILINE)
    assert re.sub(r"\x1b\[\d*m", "", text) == str(mixed_plan())


def test_repr_is_one_line_without_values():
    assert repr(of_orders([A], [B], [C])) == (
        "<ExecutionPlan dev: 1 no_change, 1 conflict>"
    )
    assert repr(ExecutionPlan()) == "<ExecutionPlan without environment: empty>"


@pytest.mark.all_types
def test_plan_of_an_edited_folder(project_folder, serve, tmp_path):
    """What was edited is shown, and nothing else, in lines that fit."""
    plan = edited_project(project_folder, serve, tmp_path)
    (update,) = plan.of_type(ActionType.UPDATE)
    assert f"~ update {update.resource_id}" in str(plan)
    assert f'    ~ description: "" -> "{EDITED}"' in str(plan) or EDITED in str(plan)
    assert last_line(plan) == (
        "Plan: 0 to create, 1 to update, 0 to delete; 0 conflicts."
    )
