"""What holds for every type on the instance, through the client over the sandbox.

A file of tests subclasses :class:`InstanceTypeContract`, as those of types in projects
subclass :class:`iac.typed.TypeContract`.
"""

import copy
from typing import Any, ClassVar

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, ResourceNotFoundError, StateManager
from dataikuapi.iac.sandbox import Fault, ProjectStore
from dataikuapi.iac.types import TYPES
from iac.typed import ServedContract


class InstanceTypeContract(ServedContract):
    """Tests of one type.

    Attributes:
        resource_type: its name.
        kind: the kind of the sandbox.
        objects: documents by the sandbox's id; several, and unlike each other.
        listing: path of the listing for administrators.
        edits: what changes in a document, as functions of it. Each is a real change.
        noise: likewise, but no change of the configuration.
        sees_names: whether other keys see which objects there are.
    """

    resource_type: ClassVar[str]
    kind: ClassVar[Any]
    objects: ClassVar[dict[str, Any]]
    listing: ClassVar[str]
    edits: ClassVar[tuple[Any, ...]] = ()
    noise: ClassVar[tuple[Any, ...]] = ()
    sees_names: ClassVar[bool] = False

    @pytest.fixture
    def shop(self):
        """The sandbox with these objects."""
        store = ProjectStore()
        for object_id, document in copy.deepcopy(self.objects).items():
            store.instance.add(self.kind, object_id, **document)
        return store

    @pytest.fixture
    def manager(self, client, tmp_path):
        """A manager that reads this type, with everything in its state."""
        backend = LocalFileBackend(tmp_path / "dev.state.json")
        manager = StateManager(backend, client, "dev", types=[self.resource_type])
        manager.save_state(manager.sync_instance())
        return manager

    @pytest.fixture
    def limited(self, served, shop, manager):
        """A manager of the same state, with a key that administers nothing."""
        key = shop.add_api_key("rea", can_admin=False)
        client = DSSClient(served.url, key)
        types = [self.resource_type]
        return StateManager(manager.backend, client, "dev", types=types)

    def resource_id(self, object_id):
        """Return the resource id of an object of the sandbox."""
        return f"{self.resource_type}.@instance.{object_id}"

    def drift(self, manager):
        """Compare the instance with the state."""
        return manager.drift("@instance", ignore=[])

    def changed_ids(self, manager):
        """Return the ids of the objects that a drift report lists."""
        return [diff.resource_id for diff in self.drift(manager)]

    def edit(self, shop, object_id, change):
        """Change an object, and save it."""
        document = shop.instance.get(self.kind, object_id)
        change(document)
        shop.instance.put(self.kind, object_id, document)

    def test_every_object_is_read(self, manager, shop):
        """All are in the state, and each read alone is the same."""
        state = manager.load_state()
        expected = map(self.resource_id, shop.instance.names(self.kind))
        assert sorted(item.resource_id for item in state) == sorted(expected)
        for item in state:
            alone = manager.sync_resource(item.resource_id)
            assert alone.attributes == item.attributes
            assert "definition" in item.attributes

    def test_second_sync_shows_nothing(self, manager, shop):
        """Neither does a save without a change."""
        assert self.drift(manager).in_sync
        for object_id in self.objects:
            self.edit(shop, object_id, lambda document: None)
        assert self.drift(manager).in_sync

    def test_as_many_requests_as_the_documentation_says(self, manager, served):
        """The page of types has what reading all objects of a type takes."""
        count = len(manager.load_state().resources)
        paths = []
        served.faults = lambda method, path: paths.append(path)
        manager.sync_instance()
        expected = {"1": 1, "1 + N": 1 + count, "2 for each folder": 2 * count}
        assert len(paths) == expected[TYPES[self.resource_type].requests]

    def test_each_edit_shows_as_that_object(self, manager, shop):
        """Each edit is reported, and nothing else."""
        for change in self.edits:
            for object_id in self.objects:
                self.edit(shop, object_id, change)
                assert self.changed_ids(manager) == [self.resource_id(object_id)]
                manager.refresh(projects=["@instance"])

    def test_noise_does_not_show(self, manager, shop):
        """What DSS derives or counts is no change."""
        for change in self.noise:
            for object_id in self.objects:
                self.edit(shop, object_id, change)
                assert self.changed_ids(manager) == []

    def test_missing_object_is_not_found(self, manager):
        """The message names it."""
        with pytest.raises(ResourceNotFoundError, match="no_such_object"):
            manager.sync_resource(self.resource_id("no_such_object"))

    @pytest.mark.parametrize(
        "id_suffix", ["@instance", "SHOP.x"], ids=["without a name", "in a project"]
    )
    def test_malformed_id(self, manager, id_suffix):
        """The message says what is expected."""
        with pytest.raises(ValueError, match=f"^Invalid {self.resource_type}"):
            manager.sync_resource(f"{self.resource_type}.{id_suffix}")

    @pytest.mark.parametrize("answer", ["", None, {"message": "starting"}], ids=repr)
    def test_bad_listing_removes_nothing(self, manager, served, answer):
        """What is not a listing says nothing of the objects."""
        served.faults = lambda method, path: (
            Fault.json(answer) if path == self.listing else None
        )
        with pytest.raises(Exception, match="does not look like a DSS response"):
            self.drift(manager)

    def test_deleted_object_is_removed(self, manager, shop):
        """An object that the listing lacks was removed."""
        object_id = next(iter(self.objects))
        shop.instance.remove(self.kind, object_id)
        removed = [diff.resource_id for diff in self.drift(manager).removed]
        assert removed == [self.resource_id(object_id)]

    def test_fewer_rights_show_nothing_as_changed_or_removed(self, manager, limited):
        """What a key may not read is unknown, and stays in the state."""
        before = manager.load_state()
        if not self.sees_names:
            with pytest.raises(Exception, match="Use the key of an administrator"):
                self.drift(limited)
            return
        report = self.drift(limited)
        assert (len(report), report.exit_code) == (0, 3)
        limited.save_state(limited.sync_instance())
        after = manager.load_state()
        assert [item.attributes for item in after] == [
            item.attributes for item in before
        ]
        assert self.drift(manager).in_sync
