"""Reading project folders."""

import threading
from typing import Any, ClassVar

import pytest

from dataikuapi.iac.exceptions import UnexpectedResponseError
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sandbox.kinds.project_folder import PROJECT_FOLDER
from dataikuapi.iac.types.lookup import display_name_of, facts_of, references_of
from dataikuapi.iac.types.project_folder import ProjectFolderType
from iac.on_instance import InstanceTypeContract

PATIENCE = 20
"""Seconds that requests wait for each other, at most."""

READERS = {"group": "readers", "read": True, "writeContents": False}


def rename(document):
    document["name"] += " (old)"


def change_owner(document):
    document["owner"] = "cy"


def grant(document):
    document["permissions"] = [*document["permissions"], {"group": "hr", "admin": True}]


def reorder_permissions(document):
    document["permissions"] = document["permissions"][::-1]


class TestProjectFolder(InstanceTypeContract):
    """Folders below the root: two of the same name, one inside of another."""

    resource_type = "project_folder"
    kind = PROJECT_FOLDER
    objects: ClassVar[dict[str, Any]] = {
        "aUdIt7x": {"name": "Audit", "parentId": "fInAn7x", "owner": "bob"},
        "fInAn7x": {
            "name": "Finance",
            "owner": "ann",
            "permissions": [READERS, {"group": "finance", "admin": True}],
        },
        "aUdIt8y": {"name": "Audit"},
    }
    listing = "/project-folders/ROOT"
    edits = (rename, change_owner, grant)
    noise = (reorder_permissions,)
    sees_names = True

    def test_place_in_the_tree(self, manager):
        """What is in a folder is said by what is in it."""
        state = manager.load_state()
        audit = state[self.resource_id("aUdIt7x")].attributes
        assert (audit["name"], audit["parentId"]) == ("Audit", "fInAn7x")
        assert audit["definition"] == {"owner": "bob", "permissions": []}
        for item in state:
            assert not {"childrenIds", "projectKeys"} & item.attributes.keys()

    def test_moved_folder_shows(self, manager, client):
        """The folders around it do not."""
        audit = client.get_project_folder("aUdIt7x")
        audit.move_to(client.get_root_project_folder())
        (diff,) = self.drift(manager)
        assert diff.resource_id == self.resource_id("aUdIt7x")
        assert [change.path for change in diff.changes] == ["parentId"]

    def test_projects_in_a_folder_do_not_show(self, manager, shop):
        """A key sees some projects only, and they come and go."""
        shop.add_project("NEW")
        assert self.drift(manager).in_sync

    def test_folder_that_is_not_visible_is_unknown(self, manager, limited):
        """One that is visible is read without its owner."""
        state = limited.sync_instance()
        assert state.unknown_in_part == {
            self.resource_id("ROOT"): ["definition"],
            self.resource_id("fInAn7x"): ["definition"],
        }
        assert self.resource_id("aUdIt8y") in state.unknown

    def test_two_requests_for_each_folder(self, manager, served):
        """The tree is walked once."""
        paths = []
        served.faults = lambda method, path: paths.append(path)
        manager.sync_instance()
        paths = [path for path in paths if path.startswith("/project-folders")]
        assert len(paths) == len(set(paths)) == 2 * 4

    @pytest.mark.parametrize("is_admin", [True, False])
    def test_folders_at_one_depth_are_read_at_once(
        self, manager, limited, shop, monkeypatch, is_admin
    ):
        """By the workers of the sync, so the walk waits for the depth of the tree."""
        waiting = {"sAlEs1x", "sAlEs2x", "sAlEs3x"}
        ids = set(map(self.resource_id, waiting))
        for name in waiting:
            shop.instance.add(PROJECT_FOLDER, name, permissions=[READERS], name=name)
        meeting, read = threading.Barrier(len(waiting)), ProjectFolderType.read_node

        def meet(kind, client, name):
            if name in waiting:
                meeting.wait(PATIENCE)
                waiting.discard(name)
            return read(kind, client, name)

        monkeypatch.setattr(ProjectFolderType, "read_node", meet)
        state = (manager if is_admin else limited).sync_instance()
        assert waiting == set()
        assert state.resources.keys() >= ids

    def test_folder_deleted_during_a_sync_is_removed(self, manager, shop, served):
        """The tree is walked again to see that."""

        def delete(method, path):
            gone = "aUdIt7x"
            if path.endswith(f"{gone}/settings") and gone in shop.instance.names(
                PROJECT_FOLDER
            ):
                shop.instance.remove(PROJECT_FOLDER, gone)

        served.faults = delete
        report = self.drift(manager)
        assert [str(diff) for diff in report] == [f"- {self.resource_id('aUdIt7x')}"]
        assert not report.unknown

    def test_folder_that_is_in_itself_ends_the_walk(self, manager, served):
        """Then nothing is known of the folders."""
        loop = {"id": "fInAn7x", "childrenIds": ["ROOT"], "projectKeys": []}
        served.faults = lambda method, path: (
            Fault.json(loop) if path == "/project-folders/fInAn7x" else None
        )
        with pytest.raises(
            UnexpectedResponseError, match="ROOT is in two project folders"
        ):
            self.drift(manager)

    def test_references_and_names(self, manager):
        """A folder refers to that around it, and to groups."""
        state = manager.load_state()
        finance = state[self.resource_id("fInAn7x")]
        found = {(item.resource_type, item.name) for item in references_of(finance)}
        assert found == {
            ("project_folder", "ROOT"),
            ("group", "finance"),
            ("group", "readers"),
        }
        assert display_name_of(finance) == "Finance"
        assert [(fact.label, *fact.values) for fact in facts_of(finance)] == [
            ("owner", "ann")
        ]
