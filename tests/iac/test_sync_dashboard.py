"""Reading dashboards."""

from typing import Any, ClassVar

from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.sandbox.kinds.dashboard import DASHBOARD
from dataikuapi.iac.types.lookup import facts_of, references_of, severity_of
from iac.typed import KEY, TypeContract, changed_ids

REVENUE = {
    "tileType": "INSIGHT",
    "insightId": "rV8kQ2p",
    "insightType": "chart",
    "title": "Revenue per week",
    "displayMode": "INSIGHT",
    "clickAction": "OPEN_OTHER_INSIGHT",
    "targetInsightId": "tB3nM1x",
    "showTitle": "YES",
    "box": {"top": 0, "left": 0, "width": 12, "height": 4},
    "tileParams": {"showLegend": True, "showTooltips": True},
}
NOTE = {
    "tileType": "TEXT",
    "clickAction": "DO_NOTHING",
    "box": {"top": 4, "left": 0, "width": 6, "height": 1},
    "tileParams": {"text": "Ask **finance** for figures of 2019", "textAlign": "LEFT"},
}
ORDERS = {
    "tileType": "INSIGHT",
    "insightId": "oR5tW9z",
    "insightType": "dataset_table",
    "box": {"top": 0, "left": 0, "width": 36, "height": 24},
    "tileParams": {"showName": True, "showMeaning": False},
}
SALES = {
    "name": "Sales",
    "owner": "ann",
    "listed": True,
    "showGrid": True,
    "shortDesc": "What the board looks at on Mondays",
    "pages": [
        {"id": "pG1aB2c", "title": "This year", "grid": {"tiles": [REVENUE, NOTE]}},
        {"id": "pG3dE4f", "title": "Orders", "grid": {"tiles": [ORDERS]}},
    ],
    "tags": ["board", "finance"],
}
EMPTY = {
    "name": "SHOP's default dashboard",
    "owner": "bob",
    "listed": True,
    "pages": [{"id": "pG5gH6i", "showTitle": False, "grid": {"tiles": []}}],
}
FILTERED = {
    "name": "Sales",
    "owner": "ann",
    "columnNumber": 36,
    "pages": [
        {
            "id": "pG7jK8l",
            "enableCrossFilters": True,
            "filtersParams": {"panelPosition": "TOP"},
            "grid": {"tiles": [ORDERS]},
        }
    ],
}


def rename(document):
    document["name"] += " (old)"


def change_owner(document):
    document["owner"] = "cy"


def unlist(document):
    document["listed"] = not document["listed"]


def add_page(document):
    document["pages"].append({"id": "pG9mN0o", "grid": {"tiles": [NOTE]}})


def open_in_front_end(document):
    for page in document["pages"]:
        page["$$hashKey"] = "object:77"


class TestDashboard(TypeContract):
    """Dashboards, of which two have the same name."""

    resource_type = "dashboard"
    kind = DASHBOARD
    objects: ClassVar[dict[str, Any]] = {
        "sL4eS7a": SALES,
        "dF8uL2t": EMPTY,
        "fI1lT3r": FILTERED,
    }
    path = "dashboards/{id}/"
    listing = "dashboards/"
    edits = (rename, change_owner, unlist, add_page)
    noise = (open_in_front_end,)

    def test_moved_tile_is_a_description(self, manager, client):
        """It shows, below everything else."""

        def move(document):
            document["pages"][1]["grid"]["tiles"][0]["box"]["top"] = 3

        self.edit(client, "sL4eS7a", move)
        (diff,) = manager.drift()
        (change,) = diff.changes
        assert change.path == "pages[pG3dE4f].grid.tiles[0].box.top"
        path = ("pages", "grid", "tiles", "box", "top")
        assert severity_of("dashboard", path) is Severity.DESCRIPTION
        assert severity_of("dashboard", ("pages",)) is Severity.OTHER

    def test_keys_that_a_save_adds_are_no_change(self, manager, shop):
        """Dashboards of older DSS have no custom fields and no checklists."""
        dashboards = shop.project(KEY).objects(DASHBOARD)
        document = dashboards.get("dF8uL2t")
        for name in ("customFields", "checklists", "tags"):
            del document[name]
        dashboards.save("dF8uL2t", document, "bob")
        assert changed_ids(manager) == []

    def test_references(self, manager):
        """A dashboard refers to the insights that it shows and opens."""
        sales = manager.load_state()[self.resource_id("sL4eS7a")]
        assert {(item.resource_type, item.name) for item in references_of(sales)} == {
            ("insight", "rV8kQ2p"),
            ("insight", "tB3nM1x"),
            ("insight", "oR5tW9z"),
        }

    def test_facts(self, manager):
        """The summary of an added dashboard."""
        state = manager.load_state()
        facts = {
            object_id: [(fact.label, *fact.values) for fact in facts_of(item)]
            for object_id in self.objects
            if (item := state[self.resource_id(object_id)])
        }
        assert facts == {
            "sL4eS7a": [("pages", "2"), ("tiles", "3")],
            "dF8uL2t": [("pages", "1"), ("tiles", "0")],
            "fI1lT3r": [("pages", "1"), ("tiles", "1")],
        }

    def test_dashboards_that_the_client_makes(self, manager, client):
        """The list has numbers of pages and tiles, and no pages."""
        project = client.get_project(KEY)
        made = project.create_dashboard("New", {"pages": [], "listed": False})
        assert changed_ids(manager) == [self.resource_id(made.dashboard_id)]
        listed = {item.id: item for item in project.list_dashboards()}
        assert (listed["sL4eS7a"].num_pages, listed["sL4eS7a"].num_tiles) == (2, 3)
        assert "pages" not in listed["sL4eS7a"]._data
        made.delete()
        assert changed_ids(manager) == []
