"""Plans as Markdown: the comment on a pull request."""

import pytest

from dataikuapi.iac.reports.markdown import MAX_CHARACTERS
from dataikuapi.iac.reports.plan_markdown import render_plan_markdown
from iac.planning import EDITED, edited_project, mixed_plan, of_orders, script
from iac.test_plan import A, B, C, item, many, orders, planned, state


def test_summary_comes_first_and_what_is_urgent_before_the_rest():
    lines = render_plan_markdown(mixed_plan()).split("\n")
    assert lines[0].startswith("### `Plan for dev")
    assert lines[2].startswith("**Plan: 1 to create, 1 to update, 2 to delete; 2 conf")
    signs = [line[0] for line in lines[5 : lines.index("```", 5)]]
    assert signs == list("--!!#=.~+**")


def test_details_are_those_of_the_text():
    text = render_plan_markdown(of_orders([A], [B], [C]))
    assert "```diff\n! x: stored 1, code 2, DSS 3\n```" in text
    text = render_plan_markdown(of_orders([A], [B], [A]))
    assert "<code>~ update dataset.SHOP.orders</code>, 1 change</summary>" in text
    assert "```diff\n~ x: 1 -> 2\n```" in text


def test_lines_of_a_script_begin_with_their_signs():
    sides = state(script(1)), state(script(2)), state(script(1))
    assert "\n-x = 1\n+x = 2\n" in render_plan_markdown(planned(*sides))


def test_large_plan_fits_a_comment_and_says_what_it_omits():
    before = many(900, text="a " * 500)
    after = many(900, text="b " * 500)
    gone = item("dataset.SHOP.z_gone")
    plan = planned(
        state(*before, gone), state(*after), state(*before, gone), allow_delete=True
    )
    text = render_plan_markdown(plan)
    assert len(text) <= MAX_CHARACTERS
    assert "more objects omitted (comment size limit)._" in text
    assert text.index("- delete dataset.SHOP.z_gone") < text.index("~ update")
    assert "refused, nothing is done" in text
    assert len(render_plan_markdown(plan, full=True)) > MAX_CHARACTERS


def test_values_cannot_leave_their_block():
    hostile = "```\n</details>@everyone <script>"
    text = render_plan_markdown(of_orders([A], [orders(x=hostile)], [A]))
    assert "````diff\n" in text
    assert "\n</details>@everyone" not in text


@pytest.mark.all_types
def test_plan_of_an_edited_folder(project_folder, serve, tmp_path):
    text = render_plan_markdown(edited_project(project_folder, serve, tmp_path))
    assert EDITED in text
    assert "**Plan: 0 to create, 1 to update, 0 to delete; 0 conflicts.**" in text
