"""Plans for only some objects, and what they need."""

from iac.test_plan import ORDERS, A, B, item, planned, recipe, state

CODE = (A, item("dataset.SHOP.z", x=1), recipe("r", ["orders"]))


def test_what_a_target_needs_comes_along():
    plan = planned(state(), state(*CODE), state(), targets=("recipe.SHOP.r",))
    assert [each.resource_id for each in plan.actions] == [ORDERS, "recipe.SHOP.r"]
    assert plan.metadata.left_out == ("dataset.SHOP.z",)


def test_what_depends_on_a_target_is_told():
    """Also what is not to be changed, and what nobody manages."""
    used = [
        recipe("used", ["orders"]),
        item(
            "flow_zone.SHOP.z",
            items=[{"objectType": "DATASET", "objectId": "orders"}],
        ),
    ]
    later = recipe("later", ["other"], ["orders"])
    theirs = recipe("theirs", ["orders"], ["other"])
    plan = planned(
        state(A, *used),
        state(B, *used, later),
        state(A, *used, theirs),
        targets=(ORDERS,),
    )
    assert [each.resource_id for each in plan.actions] == [ORDERS]
    assert plan.metadata.left_out == ("recipe.SHOP.later",)
    assert plan.metadata.dependants == (
        "recipe.SHOP.later",
        "recipe.SHOP.theirs",
        "recipe.SHOP.used",
    )
    unchanged = planned(state(A), state(A, later), state(A), targets=(ORDERS,))
    assert unchanged.metadata.dependants == ()


def test_pattern():
    plan = planned(state(), state(*CODE), state(), targets=("dataset.*",))
    assert plan.summary()["create"] == 2
