"""Reading flow zones."""

from typing import Any, ClassVar

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi.iac.sandbox.kinds.flow_zone import FLOW_ZONE
from dataikuapi.iac.types.lookup import references_of
from iac.typed import KEY, TypeContract, changed_ids

ORDERS = {"objectId": "orders", "objectType": "DATASET"}
FOLDER = {"objectId": "Ab12Cd34", "objectType": "MANAGED_FOLDER"}
RECIPE = {"objectId": "compute_orders", "objectType": "RECIPE"}
OTHERS = {"objectId": "customers", "objectType": "DATASET", "projectKey": "CRM"}


def rename(document):
    document["name"] += " (old)"


def recolor(document):
    document["color"] = "#123456" if document["color"] != "#123456" else "#654321"


def move_on_screen(document):
    document["position"] = {"x": 1.5, "y": 2}


class TestFlowZone(TypeContract):
    """Flow zones."""

    resource_type = "flow_zone"
    kind = FLOW_ZONE
    objects: ClassVar[dict[str, Any]] = {
        "default": {"name": "Default", "items": []},
        "q7LmT2a": {
            "name": "Reporting – finance",
            "items": [ORDERS, FOLDER, RECIPE],
            "shared": [OTHERS],
        },
    }
    path = "flow/zones/{id}"
    listing = "flow/zones"
    edits = (rename, recolor)
    noise = (move_on_screen,)

    def test_items_are_a_set(self, manager, shop):
        """Another order is no change; another object is."""
        zones = shop.project(KEY).objects(FLOW_ZONE)
        zone = zones.get("q7LmT2a")
        zones.save("q7LmT2a", {**zone, "items": zone["items"][::-1]}, "ann")
        assert changed_ids(manager) == []
        zones.save("q7LmT2a", {**zone, "items": [FOLDER, RECIPE]}, "ann")
        assert changed_ids(manager) == [self.resource_id("q7LmT2a")]

    def test_object_moved_by_the_client_shows_in_its_zone(self, manager, client):
        """The zone's own save does not move objects."""
        flow = client.get_project(KEY).get_flow()
        self.edit(client, "q7LmT2a", lambda document: document.update(items=[]))
        assert changed_ids(manager) == []
        zone = flow.create_zone("New")
        client._perform_json(
            "POST", f"/projects/{KEY}/flow/zones/{zone.id}/items", body=ORDERS
        )
        assert changed_ids(manager) == sorted(
            [self.resource_id("q7LmT2a"), self.resource_id(zone.id)]
        )

    def test_outputs_of_a_moved_recipe_show_with_it(self, manager, client, shop):
        """DSS keeps a recipe and what it writes in one zone; what it reads stays."""
        shop.add_dataset(KEY, "raw")
        shop.add_dataset(KEY, "orders")
        reads, writes = (
            {"main": {"items": [{"ref": ref}]}} for ref in ("raw", "orders")
        )
        shop.add_recipe(KEY, "compute_orders", inputs=reads, outputs=writes)
        zone = client.get_project(KEY).get_flow().create_zone("New")
        manager.refresh()
        zone.add_item(client.get_project(KEY).get_recipe("compute_orders"))
        moved = {diff.resource_id: diff.new_resource for diff in manager.drift()}
        old, new = self.resource_id("q7LmT2a"), self.resource_id(zone.id)
        assert moved.keys() == {old, new}
        assert moved[old].attributes["items"] == [FOLDER]
        assert sorted(item["objectId"] for item in moved[new].attributes["items"]) == [
            "compute_orders",
            "orders",
        ]

    def test_graph_of_the_default_zone_fails(self, client):
        """It does in DSS, every time; the zone itself can be read."""
        zone = client.get_project(KEY).get_flow().get_zone("default")
        with pytest.raises(DataikuException, match="Failed to build the graph"):
            zone.get_graph()
        path = f"/projects/{KEY}/flow/zones/q7LmT2a/graph"
        with pytest.raises(DataikuException, match="not in the sandbox"):
            client._perform_json("GET", path)

    def test_key_of_the_own_project_is_the_same_as_none(self, manager, shop):
        """Some versions of DSS write it, others do not."""
        zones = shop.project(KEY).objects(FLOW_ZONE)
        zone = zones.get("q7LmT2a")
        items = [{**item, "projectKey": KEY} for item in zone["items"]]
        zones.save("q7LmT2a", {**zone, "items": items}, "ann")
        assert changed_ids(manager) == []

    def test_references(self, manager):
        """A zone refers to what is in it."""
        zone = manager.load_state()[self.resource_id("q7LmT2a")]
        found = {(item.resource_type, item.name) for item in references_of(zone)}
        assert found == {
            ("dataset", "orders"),
            ("managed_folder", "Ab12Cd34"),
            ("recipe", "compute_orders"),
            ("dataset", "customers"),
        }
