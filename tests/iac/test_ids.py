"""Resource ids: put together, and parsed back to the same parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.models import Resource, ResourceId, make_resource_id

ORDERS = "dataset.SHOP.orders"

GOOD_IDS = [
    pytest.param("project", "SHOP", "", id="project"),
    pytest.param("dataset", "SHOP", "orders", id="dataset"),
    pytest.param("recipe", "SHOP", "join_CRM.customers", id="dot in the name"),
    pytest.param("recipe", "SHOP", "recipe from notebook", id="spaces"),
    pytest.param("recipe", "SHOP", "admin's Python notebook", id="apostrophe"),
    pytest.param("recipe", "SHOP", '"quoted" \\ /', id="quotes and slashes"),
    pytest.param("dataset", "SHOP", "2_aut-eg", id="digit first, dash"),
    pytest.param("dataset", "ps_br1", "été_注文", id="other alphabets"),
    pytest.param("dataset", "2_AUT_EG", "..", id="only dots"),
    pytest.param("saved_model", "SHOP", "a" * 300, id="long, type with underscore"),
]


@pytest.mark.parametrize("resource_type, project_key, name", GOOD_IDS)
def test_id_is_put_together_and_read_back(resource_type, project_key, name):
    text = make_resource_id(resource_type, project_key, name)
    assert ResourceId.parse(text) == ResourceId(resource_type, project_key, name)
    resource = Resource(resource_type, text)
    assert (resource.project_key, resource.resource_name) == (project_key, name)


@pytest.mark.parametrize(
    "args, expected",
    [
        pytest.param(("project", "SHOP"), "project.SHOP", id="project"),
        pytest.param(("project", "SHOP", None), "project.SHOP", id="None"),
        pytest.param(("dataset", "SHOP", "orders"), ORDERS, id="dataset"),
        pytest.param(("recipe", "SHOP", "a.b c"), "recipe.SHOP.a.b c", id="odd"),
    ],
)
def test_make_resource_id(args, expected):
    assert make_resource_id(*args) == expected


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(("dataset", "SHOP.x", "orders"), id="dot in the project key"),
        pytest.param(("dataset", ""), id="no project key"),
        pytest.param(("", "SHOP"), id="no type"),
        pytest.param(("Dataset", "SHOP"), id="capital letter in the type"),
        pytest.param(("data.set", "SHOP"), id="dot in the type"),
        pytest.param(("dataset", "SHOP", "two\nlines"), id="line feed"),
    ],
)
def test_make_resource_id_refuses_what_would_not_read_back(args):
    with pytest.raises(ValueError, match="^Invalid .*resource_id"):
        make_resource_id(*args)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("dataset", id="one part"),
        pytest.param("dataset.", id="no project key"),
        pytest.param("dataset..orders", id="empty project key"),
        pytest.param("dataset.SHOP.", id="empty name"),
        pytest.param(".SHOP.orders", id="empty type"),
        pytest.param("Dataset.SHOP.orders", id="capital letter in the type"),
        pytest.param("dataset.SHOP.orders\n", id="line feed behind"),
        pytest.param(None, id="None"),
        pytest.param(5, id="a number"),
    ],
)
def test_parse_refuses_what_is_no_id(text):
    with pytest.raises(ValueError, match="^Invalid .*resource_id"):
        ResourceId.parse(text)


def test_refused_id_says_what_was_expected():
    with pytest.raises(ValueError, match="Invalid") as caught:
        ResourceId.parse("dataset.SHOP.")
    message = str(caught.value)
    assert message.startswith("Invalid dataset resource_id 'dataset.SHOP.'")
    assert "dataset.{PROJECT_KEY}.{name}" in message


def test_refused_id_is_quoted_only_in_part():
    with pytest.raises(ValueError, match="Invalid") as caught:
        ResourceId.parse("x" * 10_000)
    assert len(str(caught.value)) < 500


@settings(max_examples=60)
@given(
    st.from_regex(r"[a-z_]+", fullmatch=True),
    st.from_regex(r"[^.\n]+", fullmatch=True),
    st.none() | st.from_regex(r"[^\n]+", fullmatch=True),
)
def test_any_id_reads_back_to_its_parts(resource_type, project_key, name):
    parsed = ResourceId.parse(make_resource_id(resource_type, project_key, name))
    assert parsed == ResourceId(resource_type, project_key, name or "")
