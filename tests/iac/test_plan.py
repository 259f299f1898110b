"""Plans: what is done with each object, in which order, and what is never done."""

from datetime import datetime, timezone
from typing import Any

import pytest

from dataikuapi.iac import IgnoreRule, Resource, ResourceMetadata, State
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.plan import ActionType, MaxChange, PlanGenerator, PlanOptions

TYPES = (
    "project dataset recipe managed_folder scenario web_app variables insight".split()
)
ORDERS = "dataset.SHOP.orders"
CREATED = datetime(2026, 1, 1, tzinfo=timezone.utc)
PROJECT = Resource("project", "project.SHOP", {"name": "Shop"})
NOT_ALLOWED = "it is deleted if deletes are allowed"


def state(*resources, types=TYPES, **fields: Any):
    """Return a state of one project that has all of some types."""
    scope = Scope.from_parts([("SHOP", name) for name in types], utc_now())
    by_id = {item.resource_id: item for item in (PROJECT, *resources)}
    return State(environment="dev", resources=by_id, scope=scope, **fields)


def item(rid, editor=None, created=CREATED, **attributes):
    """Return an object as DSS has it, or the code."""
    metadata = ResourceMetadata(
        utc_now(), "me", last_modified_by=editor, created_at=created
    )
    return Resource(rid.partition(".")[0], rid, attributes, metadata)


def orders(**attributes):
    return item(ORDERS, **attributes)


def recipe(name, inputs=(), outputs=(), **attributes):
    def roles(names):
        return {"main": {"items": [{"ref": ref} for ref in names]}}

    return item(
        f"recipe.SHOP.{name}",
        type="python",
        inputs=roles(inputs),
        outputs=roles(outputs),
        **attributes,
    )


def planned(base, code, live, **options):
    return PlanGenerator(base, PlanOptions(**options)).generate_plan(live, code)


def action(base, code, live, **options):
    """Return the one action that is not for the project."""
    sides = [
        side if isinstance(side, State) else state(*side) for side in (base, code, live)
    ]
    found = [
        each
        for each in planned(*sides, **options).actions
        if each.resource_type != "project"
    ]
    return found[0] if found else None


A, B, C = orders(x=1), orders(x=2), orders(x=3)
TASK, TASK_2 = (item("ml_task.SHOP.a/t", taskType=kind) for kind in "ab")
MODEL, MODEL_2 = (item("saved_model.SHOP.m", name=name) for name in "ab")
BINARY, BINARY_2 = (item("library_file.SHOP.a.png", sha256=digest) for digest in "ab")
TEXT = item("library_file.SHOP.a.png", text="x")
TAKE_CODE, TAKE_LIVE = {"take": {ORDERS: "code"}}, {"take": {ORDERS: "live"}}
DELETE = {"allow_delete": True}
TABLE: dict[str, tuple[list[Any], list[Any], list[Any], dict[str, Any], str | None]] = {
    # base, code, live, options, action
    "only the code": ([], [A], [], {}, "create"),
    "code and DSS alike": ([], [A], [A], {}, "adopt"),
    "code and DSS not alike": ([], [A], [B], {}, "conflict"),
    "that, taking the code": ([], [A], [B], TAKE_CODE, "update"),
    "that, taking DSS": ([], [A], [B], TAKE_LIVE, "adopt"),
    "all alike": ([A], [A], [A], {}, "no-change"),
    "code changed": ([A], [B], [A], {}, "update"),
    "DSS changed": ([A], [A], [B], {}, "kept"),
    "that, reverting": ([A], [A], [B], {"revert_drift": True}, "update"),
    "both changed alike": ([A], [B], [B], {}, "no-change"),
    "both changed": ([A], [B], [C], {}, "conflict"),
    "both changed, taking the code": ([A], [B], [C], TAKE_CODE, "update"),
    "both changed, taking DSS": ([A], [B], [C], TAKE_LIVE, "kept"),
    "deleted in DSS": ([A], [A], [], {}, "kept"),
    "that, reverting drift": ([A], [A], [], {"revert_drift": True}, "create"),
    "deleted in DSS, changed in code": ([A], [B], [], {}, "conflict"),
    "that, taking code": ([A], [B], [], TAKE_CODE, "create"),
    "that, taking live": ([A], [B], [], TAKE_LIVE, "forget"),
    "not in the code": ([A], [], [A], {}, "plan-only"),
    "that, allowed": ([A], [], [A], DELETE, "delete"),
    "not in the code, changed in DSS": ([A], [], [B], DELETE, "conflict"),
    "that, with the code's side": ([A], [], [B], {**DELETE, **TAKE_CODE}, "delete"),
    "that, with DSS's side": ([A], [], [B], {**DELETE, **TAKE_LIVE}, "kept"),
    "neither in code nor DSS": ([A], [], [], {}, "forget"),
    "only DSS": ([], [], [A], DELETE, None),
}


@pytest.mark.parametrize("name", TABLE)
def test_table_of_whole_objects(name):
    """The one of the design, row by row."""
    base, code, live, options, expected = TABLE[name]
    found = action(base, code, live, **options)
    assert (found and found.action_type.value) == expected


@pytest.mark.parametrize(
    "rid, drops",
    [
        (ORDERS, True),
        ("managed_folder.SHOP.f", True),
        ("recipe.SHOP.r", False),
        ("scenario.SHOP.s", False),
    ],
)
def test_data_is_dropped_only_if_asked_and_only_where_dss_can_keep_it(rid, drops):
    one = [item(rid)]
    assert action(one, [], one, **DELETE, delete_data=True).drops_data is drops
    assert not action(one, [], one, **DELETE).drops_data


def test_data_is_not_dropped_without_a_delete():
    assert action([A], [], [A], delete_data=True).reason.endswith(NOT_ALLOWED)
    taken = [A, recipe("r", ["orders"])]
    plan = planned(
        state(*taken), state(taken[1]), state(*taken), **DELETE, delete_data=True
    )
    found = plan.by_id()[ORDERS]
    assert (found.action_type, found.drops_data) == (ActionType.BLOCKED, False)


def test_object_that_only_dss_has_is_listed():
    plan = planned(state(), state(), state(A))
    assert plan.metadata.unmanaged == (ORDERS,)
    assert not plan.has_changes()


def test_update_has_both_changes_and_what_dss_had():
    live = orders(editor="bob", x=1, y=2)
    found = action([orders(x=1, y=1)], [orders(x=2, y=1)], [live])
    assert found.action_type is ActionType.UPDATE
    assert found.diff.new_resource.attributes == {"x": 2, "y": 2}
    assert [change.path for change in found.diff.changes] == ["x"]
    assert [value.path for value in found.kept] == ["y"]


def test_conflict_says_who_and_what():
    found = action([A], [B], [orders(editor="bob", x=3)])
    (value,) = found.conflicts
    assert (value.path, value.base, value.code, value.live) == ("x", 1, 2, 3)
    assert "changed in DSS by bob" in found.reason


UNKNOWN: dict[str, dict[str, Any]] = {
    "the object": {"unknown": {ORDERS: "403"}},
    "its type": {"types": ["project", "recipe"]},
    "a type that DSS lacks": {
        "types": ["project", "recipe"],
        "unsupported": ["dataset"],
    },
}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("base, code", [([], [A]), ([A], [B]), ([A], []), ([A], [A])])
def test_nothing_is_done_with_what_could_not_be_read(name, base, code):
    """Neither created, for it may be there, nor deleted, for it may not be ours."""
    found = action(base, code, state(**UNKNOWN[name]), allow_delete=True)
    assert found.action_type is ActionType.BLOCKED
    assert found.reason
    assert found.is_unknown


def test_nothing_is_done_with_what_could_not_be_read_from_the_code():
    code = state(unknown={ORDERS: "damaged"})
    found = action([A], code, [A], allow_delete=True)
    assert found.action_type is ActionType.BLOCKED
    assert "damaged" in found.reason


class TestDeletes:
    """What is never deleted."""

    def test_what_the_code_does_not_cover_stays(self):
        code = state(types=["project", "recipe"])
        plan = planned(state(A), code, state(A), allow_delete=True)
        assert not plan.has_changes()
        assert plan.metadata.uncovered == ("dataset",)

    def test_what_was_created_again_is_not_ours(self):
        again = orders(x=1, created=datetime(2026, 2, 1, tzinfo=timezone.utc))
        found = action([A], [], [again], allow_delete=True, take={ORDERS: "code"})
        assert found.action_type is ActionType.CONFLICT
        assert "created again" in found.reason
        assert action([A], [B], [again]).action_type is ActionType.CONFLICT

    def test_what_is_protected_stays_whatever_is_allowed(self):
        for pattern in (ORDERS, "dataset.SHOP.*"):
            found = action([A], [], [A], allow_delete=True, protect=(pattern,))
            assert found.action_type is ActionType.PLAN_ONLY
            assert "protected" in found.reason

    def test_a_project_stays(self):
        code = State(scope=state().scope)
        plan = planned(state(), code, state(), allow_delete=True)
        (found,) = plan.actions
        assert found.action_type is ActionType.PLAN_ONLY
        assert "projects are never deleted" in found.reason

    def test_what_dss_cannot_delete_is_told(self):
        web_app = item("web_app.SHOP.x", name="Map")
        found = action([web_app], [], [web_app], allow_delete=True)
        assert found.action_type is ActionType.PLAN_ONLY
        assert "by hand" in found.reason

    @pytest.mark.parametrize("is_output", [False, True])
    def test_what_would_be_taken_along_blocks_a_delete(self, is_output):
        """DSS deletes a recipe with its dataset."""
        other = item("dataset.SHOP.other", x=1)
        names = (["other"], ["orders"]) if is_output else (["orders"], ["other"])
        user = recipe("r", *names)
        base = [A, other, user]
        plan = planned(
            state(*base), state(other, user), state(*base), allow_delete=True
        )
        found = plan.by_id()[ORDERS]
        assert found.action_type is ActionType.BLOCKED
        assert "recipe.SHOP.r" in found.reason

    def test_recipe_that_nobody_manages_blocks_a_delete(self):
        live = state(A, recipe("r", ["orders"]))
        plan = planned(state(A), state(), live, allow_delete=True)
        assert plan.by_id()[ORDERS].action_type is ActionType.BLOCKED

    def test_recipe_that_is_pointed_elsewhere_first_does_not(self):
        other = item("dataset.SHOP.other", x=1)
        before, after = recipe("r", ["orders"]), recipe("r", ["other"])
        plan = planned(
            state(A, other, before),
            state(other, after),
            state(A, other, before),
            allow_delete=True,
            max_change=MaxChange(100),
        )
        found = plan.by_id()[ORDERS]
        assert found.action_type is ActionType.DELETE
        assert found.dependencies == ("recipe.SHOP.r",)

    def test_recipe_goes_before_its_dataset(self):
        user = recipe("r", ["orders"])
        plan = planned(state(A, user), state(), state(A, user), allow_delete=True)
        deleted = plan.of_type(ActionType.DELETE)
        assert [each.resource_id for each in deleted] == ["recipe.SHOP.r", ORDERS]

    def test_empty_code_is_refused(self):
        """As an empty folder would be, if it could be read."""
        code = State(scope=state().scope)
        plan = planned(state(A), code, state(A), allow_delete=True)
        assert "the code has no object of project SHOP" in plan.metadata.refusal


def many(count, **attributes):
    return [item(f"dataset.SHOP.d{number}", **attributes) for number in range(count)]


@pytest.mark.parametrize(
    "managed, changed, limit, refused",
    [
        (20, 6, MaxChange(), False),
        (20, 7, MaxChange(), True),
        (20, 7, MaxChange(50), False),
        (20, 7, MaxChange(6, is_share=False), True),
        (20, 7, MaxChange(7, is_share=False), False),
        (8, 8, MaxChange(), False),
    ],
)
def test_too_many_changes_are_refused(managed, changed, limit, refused):
    """The project itself is one of the managed objects."""
    before = many(managed - 1, x=1)
    after = [*many(changed, x=2), *before[changed:]][: managed - 1]
    plan = planned(state(*before), state(*after), state(*before), max_change=limit)
    assert bool(plan.metadata.refusal) is refused
    if refused:
        assert (
            f"{changed} of {managed} managed objects in SHOP" in plan.metadata.refusal
        )


def test_limit_is_parsed():
    assert MaxChange.parse("45%") == MaxChange(45)
    assert MaxChange.parse("12") == MaxChange(12, is_share=False)
    assert str(MaxChange.parse("45%")) == "45%"
    with pytest.raises(ValueError, match="neither a percentage such as 30%"):
        MaxChange.parse("many")


class TestOrder:
    """What is referred to comes first."""

    def test_datasets_come_before_the_recipe_that_uses_them(self):
        code = state(recipe("a", ["orders"], ["z"]), A, item("dataset.SHOP.z", x=1))
        plan = planned(state(), code, state())
        ids = [each.resource_id for each in plan.of_type(ActionType.CREATE)]
        assert ids == [ORDERS, "dataset.SHOP.z", "recipe.SHOP.a"]
        assert plan.by_id()["recipe.SHOP.a"].dependencies == (ORDERS, "dataset.SHOP.z")

    def test_what_needs_something_that_is_not_done_is_blocked(self):
        """The dataset was deleted in DSS, and stays so."""
        plan = planned(state(A), state(A, recipe("r", ["orders"])), state())
        found = plan.by_id()["recipe.SHOP.r"]
        assert found.action_type is ActionType.BLOCKED
        assert found.reason == f"it needs {ORDERS}"

    @pytest.mark.parametrize("base", [[], [A]])
    def test_what_needs_something_unknown_is_blocked(self, base):
        """It may be there, or not."""
        live = state(unknown={ORDERS: "403"})
        plan = planned(state(*base), state(A, recipe("r", ["orders"])), live)
        assert plan.by_id()["recipe.SHOP.r"].reason == f"it needs {ORDERS}"

    def test_what_used_something_unknown_before_is_not(self):
        before, after = recipe("r", ["orders"]), recipe("r", ["orders"], tags=["x"])
        live = state(before, unknown={ORDERS: "403"})
        plan = planned(state(A, before), state(A, after), live)
        assert plan.by_id()["recipe.SHOP.r"].action_type is ActionType.UPDATE

    def test_cycle_is_told(self):
        def step(other):
            return {
                "type": "run_scenario",
                "params": {"projectKey": "SHOP", "scenarioId": other},
            }

        scenarios = [
            item(f"scenario.SHOP.{one}", params={"steps": [step(other)]})
            for one, other in ("AB", "BA")
        ]
        plan = planned(state(), state(*scenarios), state())
        assert plan.metadata.cycles == (("scenario.SHOP.A", "scenario.SHOP.B"),)
        assert plan.summary()["create"] == 2


class TestValuesOfDSS:
    """What a plan never changes."""

    def test_ignored_value_stays(self):
        rule = IgnoreRule.parse("dataset.SHOP.*  y")
        found = action(
            [orders(x=1, y=1)], [orders(x=2, y=2)], [orders(x=1, y=3)], ignore=(rule,)
        )
        assert found.diff.new_resource.attributes == {"x": 2, "y": 3}
        assert not found.conflicts

    def test_ignored_object_is_no_matter_of_the_plan(self):
        rule = IgnoreRule.parse("dataset.SHOP.*")
        for base, code, live in (([], [A], []), ([A], [], [A]), ([A], [], [])):
            options = {"ignore": (rule,), "allow_delete": True}
            assert action(base, code, live, **options) is None
        found = action([A], [B], [C], ignore=(rule,))
        assert found.action_type is ActionType.NO_CHANGE

    def test_who_a_scenario_runs_as_stays(self):
        rid = "scenario.SHOP.S"
        sides = [
            item(rid, active=flag, runAsUser=user)
            for flag, user in ((True, "a"), (False, "b"), (True, "c"))
        ]
        found = action(*([side] for side in sides))
        assert found.diff.new_resource.attributes == {"active": False, "runAsUser": "c"}

    def test_local_variables_stay(self):
        rid = "variables.SHOP"
        base, code, live = (
            item(rid, standard={"a": number}, local={"b": number})
            for number in (1, 2, 1)
        )
        found = action([base], [code], [live])
        assert found.diff.new_resource.attributes == {
            "standard": {"a": 2},
            "local": {"b": 1},
        }

    def test_secret_is_not_created(self):
        secret = orders(params={"password": "<secret>"})
        found = action([], [secret], [])
        assert found.action_type is ActionType.PLAN_ONLY
        assert "does not have its secrets" in found.reason

    def test_secret_is_not_overwritten(self):
        found = action(
            [orders(url="a")], [orders(url="a?key=<secret>")], [orders(url="a")]
        )
        assert found.action_type is ActionType.PLAN_ONLY
        assert "secrets in url" in found.reason


IMPOSSIBLE: dict[str, tuple[list[Any], list[Any], list[Any], str]] = {
    "a type without calls, changed": ([TASK], [TASK_2], [TASK], "change it in DSS"),
    "a type without calls, new": ([], [TASK], [], "does not have it; objects of"),
    "a type without calls, deleted": ([TASK], [], [TASK], "no longer has it; objects"),
    "an object that DSS alone creates": ([], [MODEL], [], "creates no models"),
    "a new file of which only a digest is known": ([], [BINARY], [], "sha256: only"),
    "such a file, changed": ([BINARY], [BINARY_2], [BINARY], "sha256: only"),
    "a text in its place": ([BINARY], [TEXT], [BINARY], "sha256: only"),
}
"""What is stored, wanted and there; and why DSS has no call for that."""


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_dss_has_no_call_for_is_only_told(name):
    *sides, why = IMPOSSIBLE[name]
    types = [*TYPES, "ml_task", "saved_model", "library_file"]
    found = action(*(state(*side, types=types) for side in sides), allow_delete=True)
    assert found.action_type is ActionType.PLAN_ONLY
    assert why in found.reason


def test_what_dss_has_a_call_for_is_done():
    """A model is saved, and deleted if what it holds may be; so is a binary file."""
    types = [*TYPES, "saved_model", "library_file"]

    def kind_of(*sides, **options):
        states = (state(*side, types=types) for side in sides)
        return action(*states, allow_delete=True, **options).action_type

    assert kind_of([MODEL], [MODEL_2], [MODEL]) is ActionType.UPDATE
    assert kind_of([MODEL], [], [MODEL]) is ActionType.PLAN_ONLY
    assert kind_of([MODEL], [], [MODEL], delete_data=True) is ActionType.DELETE
    assert kind_of([BINARY], [], [BINARY]) is ActionType.DELETE


def test_vectors_are_not_lost_unless_that_is_asked_for():
    bank = item("knowledge_bank.SHOP.b", name="b")
    types = [*TYPES, "knowledge_bank"]
    states = [state(*side, types=types) for side in ([bank], [], [bank])]
    kept = action(*states, allow_delete=True)
    assert (kept.action_type, "vectors" in kept.reason) == (ActionType.PLAN_ONLY, True)
    deleted = action(*states, allow_delete=True, delete_data=True)
    assert deleted.action_type is ActionType.DELETE


def test_the_status_of_a_project_is_not_changed():
    """The rest of it is."""

    def planned_with(**attributes):
        code = state(types=TYPES)
        code.add_resource(Resource("project", "project.SHOP", attributes))
        return planned(state(), code, state()).by_id()["project.SHOP"]

    found = planned_with(name="Shop", projectStatus="Done")
    assert found.action_type is ActionType.PLAN_ONLY
    assert "status" in found.reason
    assert planned_with(name="Other").action_type is ActionType.UPDATE
    live, code = state(types=TYPES), state(types=TYPES)
    for side, name, status in ((live, "Shop", "Draft"), (code, "Other", "Done")):
        attributes: dict[str, Any] = {"name": name, "projectStatus": status}
        side.add_resource(Resource("project", "project.SHOP", attributes))
    found = planned(live, code, live).by_id()["project.SHOP"]
    assert found.action_type is ActionType.UPDATE
    assert [change.path for change in found.diff.changes] == ["name"]
    assert "status" in found.reason


def test_what_needs_an_object_that_is_not_created_is_blocked():
    score = recipe("score", ["model"], ["scores"])
    model = item("saved_model.SHOP.model", name="Churn")
    types = [*TYPES, "saved_model"]
    code = state(model, item("dataset.SHOP.scores"), score, types=types)
    plan = planned(state(types=types), code, state(types=types))
    assert plan.by_id()["recipe.SHOP.score"].action_type is ActionType.BLOCKED


def test_without_a_stored_state_what_dss_has_counts_as_stored():
    plan = PlanGenerator().generate_plan(state(A), state(B))
    assert plan.by_id()[ORDERS].action_type is ActionType.UPDATE
    assert plan.summary()["no_change"] == 1
