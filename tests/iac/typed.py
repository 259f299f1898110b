"""What holds for every resource type, through the real client over the sandbox.

A file of tests subclasses :class:`TypeContract` and says which objects there are.
"""

import copy
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    LocalFileBackend,
    ResourceNotFoundError,
    StateManager,
)
from dataikuapi.iac.sandbox import Fault, ProjectStore
from dataikuapi.iac.types.lookup import references_of

KEY = "SHOP"


def changed_ids(manager):
    """Return the ids of the objects that a drift report lists."""
    return [diff.resource_id for diff in manager.drift()]


class ServedContract:
    """Fixtures of what holds for types; the fixture ``shop`` says what is served."""

    @pytest.fixture
    def served(self, shop, serve):
        """The sandbox, served."""
        with serve(shop) as server:
            yield server

    @pytest.fixture
    def client(self, served):
        """The real client, with the key of an administrator."""
        return DSSClient(served.url, served.api_key)


class TypeContract(ServedContract):
    """Tests of one type.

    Attributes:
        resource_type: its name.
        kind: the kind of the sandbox.
        objects: documents by id, as a project's files have them; several, and unlike
            each other. Payloads, as text, are under the key ``payload``.
        others: objects that these need, each with its kind and its id.
        path: of an object over the API, with ``{id}``, below the project.
        listing: path of the listing, below the project.
        edits: what a client changes in an object, as functions of the document that it
            has read. Each is a real change.
        noise: likewise, but no change of the configuration.
    """

    resource_type: ClassVar[str]
    kind: ClassVar[Any]
    objects: ClassVar[dict[str, Any]]
    others: ClassVar[tuple[tuple[Any, str, dict[str, Any]], ...]] = ()
    path: ClassVar[str]
    listing: ClassVar[str]
    edits: ClassVar[tuple[Any, ...]] = ()
    noise: ClassVar[tuple[Any, ...]] = ()

    @pytest.fixture
    def shop(self):
        """The sandbox with a project of these objects."""
        store = ProjectStore()
        store.add_project(KEY)
        for object_id, document in copy.deepcopy(self.objects).items():
            payload = document.pop("payload", None)
            store.add(self.kind, KEY, object_id, payload=payload, **document)
        for kind, object_id, document in self.others:
            store.add(kind, KEY, object_id, **document)
        return store

    @pytest.fixture
    def manager(self, client, tmp_path):
        """A manager that reads this type, with everything in its state."""
        backend = LocalFileBackend(tmp_path / "dev.state.json")
        manager = StateManager(
            backend, client, "dev", types=["project", self.resource_type]
        )
        manager.save_state(manager.sync_project(KEY))
        return manager

    def resource_id(self, object_id):
        """Return the resource id of an object."""
        return f"{self.resource_type}.{KEY}.{object_id}"

    def references(self, manager):
        """Return type and name of what the objects in the state refer to."""
        state = manager.load_state()
        return {
            (item.resource_type, item.name)
            for object_id in self.objects
            for item in references_of(state[self.resource_id(object_id)])
        }

    @property
    def any_id(self):
        """The id of one of the objects."""
        return next(iter(self.objects))

    def path_of(self, object_id):
        """Return the path of an object."""
        return f"/projects/{KEY}/{self.path.format(id=object_id)}"

    def get(self, client, object_id):
        """Return an object as the API has it."""
        return client._perform_json("GET", self.path_of(object_id))

    def put(self, client, object_id, document):
        """Save an object."""
        client._perform_json("PUT", self.path_of(object_id), body=document)

    def edit(self, client, object_id, change):
        """Read an object, change it, and save it."""
        document = self.get(client, object_id)
        change(document)
        self.put(client, object_id, document)

    def test_every_object_is_read(self, manager):
        """All objects are in the state, by id, and each read alone is the same."""
        state = manager.load_state()
        resources = state.list_resources(self.resource_type)
        expected = [self.resource_id(object_id) for object_id in self.objects]
        assert sorted(item.resource_id for item in resources) == sorted(expected)
        for item in resources:
            alone = manager.sync_resource(item.resource_id)
            assert alone.attributes == item.attributes

    def test_second_sync_shows_nothing(self, manager):
        """Reading again is no change, and neither is a save of what was read."""
        assert manager.drift().in_sync

    def test_save_without_a_change_shows_nothing(self, manager, client):
        """DSS renumbers, reorders tags and encrypts afresh at each save."""
        for object_id in self.objects:
            self.edit(client, object_id, lambda document: None)
        assert changed_ids(manager) == []

    def test_each_edit_shows_as_that_object(self, manager, client):
        """Each edit is reported, and nothing else."""
        for change in self.edits:
            for object_id in self.objects:
                self.edit(client, object_id, change)
                assert changed_ids(manager) == [self.resource_id(object_id)]
                manager.refresh()

    def test_noise_does_not_show(self, manager, client):
        """Bookkeeping and screen state are no change."""
        for change in self.noise:
            for object_id in self.objects:
                self.edit(client, object_id, change)
                assert changed_ids(manager) == []

    def test_missing_object_is_not_found(self, manager):
        """The message names it."""
        with pytest.raises(ResourceNotFoundError, match="no_such_object"):
            manager.sync_resource(self.resource_id("no_such_object"))

    def test_id_without_a_name_is_malformed(self, manager):
        """Ids of this type have a name."""
        with pytest.raises(ValueError, match=f"^Invalid {self.resource_type}"):
            manager.sync_resource(f"{self.resource_type}.{KEY}")

    @pytest.mark.parametrize(
        "answer", [{}, "", None, {"message": "starting"}], ids=repr
    )
    def test_bad_listing_removes_nothing(self, manager, served, answer):
        """What is not a listing says nothing of the objects."""
        listing = f"/projects/{KEY}/{self.listing}".rstrip("/")
        served.faults = lambda method, path: (
            Fault.json(answer) if path.rstrip("/") == listing else None
        )
        report = manager.drift()
        assert not report.removed
        assert {item.resource_id for item in report.unknown} >= set(
            map(self.resource_id, self.objects)
        )

    @pytest.mark.parametrize("answer", [{}, [], {"message": "starting"}], ids=repr)
    def test_bad_answer_for_an_object_empties_nothing(self, manager, served, answer):
        """What is not such an object says nothing of it."""
        path = self.path_of(self.any_id)
        served.faults = lambda method, requested: (
            Fault.json(answer) if unquote(requested) == path else None
        )
        report = manager.drift()
        assert not report.changed
        assert not report.removed

    def test_deleted_object_is_removed(self, manager, shop):
        """An object that the listing lacks was removed."""
        shop.project(KEY).objects(self.kind).remove(self.any_id)
        removed = [diff.resource_id for diff in manager.drift().removed]
        assert removed == [self.resource_id(self.any_id)]


class OlderServer:
    """Tests of a type that only newer versions of DSS have."""

    resource_type: ClassVar[str]

    def test_older_dss_does_not_have_it(self, shop, serve, tmp_path):
        """That is told, and neither an error nor an empty listing."""
        shop.is_older = True
        with serve(shop) as server:
            client = DSSClient(server.url, server.api_key)
            backend = LocalFileBackend(tmp_path / "older.state.json")
            types = ["project", self.resource_type]
            manager = StateManager(backend, client, "dev", types=types)
            state = manager.sync_project(KEY)
            assert state.unsupported == [self.resource_type]
            assert not state.covers(f"{self.resource_type}.{KEY}.x")
