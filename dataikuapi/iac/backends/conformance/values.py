"""Tests of odd names and values: whatever JSON carries comes back as it was."""

from typing import Any

import pytest

from dataikuapi.iac.backends.conformance.samples import content
from dataikuapi.iac.backends.conformance.suite import Suite
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import JSON, MAX_DEPTH

__all__ = ["ValueTests"]


def _nested(depth: int) -> JSON:
    value: JSON = "bottom"
    for level in range(depth):
        value = {"": value} if level % 2 else [value]
    return value


VALUES: dict[str, JSON] = {
    "text": ["", " ", "é", "e\u0301", "日本", "🚀", "\u0000", "a\u0000b", "\ufeff"],
    "controls": ["\n\r\t", "\u2028", "\x7f", "\\", '"', "'", "%s", "${x}", "{{x}}"],
    "numbers": [0, -0.0, 1, 1.0, -1, 0.1, 1e308, 5e-324, 2**63 - 1, -(2**63)],
    "alike": [1, 1.0, True, "1", None, "null", False, 0, "", [], {}],
    "keys": {
        "": 1,
        " ": 2,
        "\u0000": 3,
        "a.b": 4,
        "é": 5,
        "e\u0301": 6,
        "A": 7,
        "a": 8,
    },
    "order": {"z": 1, "a": 2, "m": {"b": 1, "a": 2}},
    "deep": _nested(MAX_DEPTH - 3),
    "long": "x" * 1_000_000 + "é" * 100_000,
    "wide": [*range(20_000)],
}

NAMES = [
    "dataset.SHOP.größe",
    "dataset.SHOP.日本 🚀",
    "dataset.SHOP.a/b",
    "dataset.SHOP.../../etc/passwd",
    "dataset.SHOP.a.b.c",
    "dataset.SHOP.a%2Fb?c=d#e",
    "dataset.SHOP.'; DROP TABLE states; --",
    'dataset.SHOP."quoted"\\',
    "dataset.SHOP.ORDERS",
    "dataset.SHOP.orders",
    "dataset.SHOP.tab\tand\u2028line",
    f"dataset.SHOP.{'long' * 200}",
    "dataset.shop.orders",
    "dataset.Shop.orders",
    "dataset.SHÖP.orders",
    "dataset.a/b.orders",
    "dataset.a b%2F.orders",
    "dataset._.orders",
    f"dataset.{'LONG' * 50}.orders",
    "connection.@instance.pg",
    "project.SHOP",
]


class ValueTests(Suite):
    """Nothing is coerced, normalized, cut off or mixed up."""

    @pytest.mark.parametrize("name", VALUES)
    def test_values_come_back_as_they_were(self, place: Any, name: str) -> None:
        """1 is not 1.0, and a NUL is a character like any other."""
        state = State(environment="dev")
        key = "dataset.SHOP.orders"
        state.add_resource(Resource("dataset", key, {"value": VALUES[name]}))
        self.open_backend(place).save(state)
        backend = self.open_backend(place)
        assert content(backend.load()) == content(state)
        assert repr(backend.load().resources[key].attributes["value"]) == repr(
            backend.load_projects(["SHOP"]).resources[key].attributes["value"]
        )
        assert backend.verify() == []

    def test_names_come_back_as_they_were(self, place: Any) -> None:
        """Ids that look alike are apart, and so are the projects in them."""
        state = State(environment="dev")
        for number, key in enumerate(NAMES):
            kind = key.partition(".")[0]
            state.add_resource(Resource(kind, key, {"number": number}))
        self.open_backend(place).save(state)
        backend = self.open_backend(place)
        assert content(backend.load()) == content(state)
        for project in sorted({item.project_key for item in state}):
            part = backend.load_projects([project])
            own = {
                key for key, r in state.resources.items() if r.project_key == project
            }
            assert set(part.resources) == own
            for key in own:
                part.resources[key].attributes["number"] = "changed"
            backend.save_scope(part)
        found = backend.load()
        assert set(found.resources) == set(NAMES)
        assert {item.attributes["number"] for item in found} == {"changed"}

    def test_an_environment_and_an_instance_are_kept(self, place: Any) -> None:
        """Whatever they are called."""
        state = State(environment="prod-é.1")
        state.extra["instance"] = {"node_id": "d'é\u0000", "url": "https://x/?a=b"}
        self.open_backend(place).save(state)
        assert content(self.open_backend(place).load()) == content(state)
