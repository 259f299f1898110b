"""Reading managed folders."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.managed_folder import MANAGED_FOLDER
from dataikuapi.iac.types.lookup import references_of
from iac.typed import KEY, TypeContract, changed_ids

EXPORTS = {
    "name": "Exports for finance",
    "type": "S3",
    "params": {
        "connection": "s3.main",
        "path": "/${projectKey}/${odbId}",
        "notReadyIfEmpty": False,
    },
    "metrics": {"probes": [], "displayedState": {"metrics": []}},
    "tags": ["finance", "weekly"],
}
IMAGES = {"name": "Images", "type": "Filesystem", "params": {"path": "/images"}}


def change_connection(document):
    document["params"]["connection"] = "other" + document["params"].get(
        "connection", ""
    )


def show_a_metric(document):
    document["metrics"]["displayedState"] = {"metrics": ["basic:COUNT_FILES"]}


def upgrade(document):
    document["flowOptions"] = {
        **document.get("flowOptions", {}),
        "ignoreErrorStatusOnBuild": False,
    }
    document["params"]["variablesExpansionLoopConfig"] = {
        "enabled": False,
        "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
        "replacements": [],
    }


class TestManagedFolder(TypeContract):
    """Managed folders."""

    resource_type = "managed_folder"
    kind = MANAGED_FOLDER
    objects: ClassVar[dict[str, Any]] = {"Ab12Cd34": EXPORTS, "Zz98Yy76": IMAGES}
    path = "managedfolders/{id}"
    listing = "managedfolders/"
    edits = (change_connection, lambda document: document["tags"].append("new"))
    noise = (show_a_metric, upgrade)

    def test_rename_is_one_change(self, manager, client):
        """The id stays."""
        folder = client.get_project(KEY).get_managed_folder("Ab12Cd34")
        folder.rename("Exports")
        (diff,) = manager.drift()
        assert [change.path for change in diff.changes] == ["name"]

    def test_new_one_has_the_type_of_its_connection(self, manager, client, shop):
        """The client need not say it."""
        shop.instance.add(CONNECTION, "s3.main", type="EC2")
        project = client.get_project(KEY)
        for connection, expected in {"s3.main": "S3", "files": "Filesystem"}.items():
            folder = project.create_managed_folder("New", connection_name=connection)
            rid = self.resource_id(folder.id)
            assert rid in changed_ids(manager)
            assert manager.sync_resource(rid).attributes["type"] == expected

    def test_recipes_that_use_a_deleted_folder_are_deleted(self, client, shop, manager):
        """DSS does so by itself."""
        reads = {"main": {"items": [{"ref": "Ab12Cd34"}]}}
        shop.add_recipe(KEY, "read_it", inputs=reads, outputs={})
        client.get_project(KEY).get_managed_folder("Ab12Cd34").delete()
        assert changed_ids(manager) == [self.resource_id("Ab12Cd34")]
        assert shop.project(KEY).recipes.names() == []

    def test_references(self, manager):
        """A folder is in a connection, whose name may have dots."""
        folder = manager.load_state()[self.resource_id("Ab12Cd34")]
        (reference,) = references_of(folder)
        assert (reference.resource_type, reference.name) == ("connection", "s3.main")
