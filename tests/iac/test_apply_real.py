"""Real projects, applied: an edit, a copy and a delete of objects of each type."""

import copy
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, RetryPolicy, StateManager
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.live_ids import live_ids_of, translated
from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.markers import holds_secret
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.plan import MaxChange, PlanOptions
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sources.project_files import read_project_files
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.lookup import without_noise
from iac.applying import actions, statuses
from iac.histories import KEY, files_in
from iac.test_rewriting import edited
from iac.test_writers import BY_DSS, EDITS, OLDER

pytestmark = pytest.mark.campaign

LAYOUT = [name for name, kind in TYPES.items() if kind.layout is not None]
WRITING = {name: TYPES[name].writing for name in LAYOUT if TYPES[name].writing.writer}
OPTIONS = PlanOptions(allow_delete=True, delete_data=True, max_change=MaxChange(100))
LEFT = {"plan-only", "blocked"}

UNEDITED = {"wiki", "flow_zone", "variables"}
"""Types of which not any value will do, or not any is written."""

EMPTY: dict[str, dict[str, Any]] = {
    # A dataset is written by one recipe, and an object is in one zone.
    "recipe": {"outputs": {}},
    "flow_zone": {"items": [], "shared": []},
}
"""What a copy does not have of the original."""


class Applied:
    """A project in the sandbox, and what its code says.

    Args:
        server: of the sandbox.
        folder: for the state.
        files: of the project.
    """

    def __init__(self, server, folder, files):
        self.manager = StateManager(
            LocalFileBackend(folder / "dev.state.json"),
            DSSClient(server.url, server.api_key),
            "dev",
            max_workers=2,
            policy=RetryPolicy(max_retries=0),
            types=LAYOUT,
        )
        self.manager.save_state(self.manager.sync_project(KEY))
        self.code = read_project_files(files, KEY, utc_now())

    def objects(self, kind, most):
        """Return some objects of a type that the code has."""
        return self.code.list_resources(kind)[:most]

    def put(self, resource):
        """Let the code have an object."""
        found = {**self.code.resources, resource.resource_id: resource}
        self.code = replace(self.code, resources=found)

    def drop(self, resource_id):
        """Let the code no longer have an object."""
        found = {**self.code.resources}
        del found[resource_id]
        self.code = replace(self.code, resources=found)

    def edit(self, resource, attributes):
        """Let the code have an object with other attributes."""
        clean = without_noise(resource.resource_type, attributes)
        metadata = replace(resource.metadata, checksum="")
        self.put(replace(resource, attributes=clean, metadata=metadata))

    def apply(self):
        """Apply the code; DSS and the state have it then."""
        plan = self.manager.plan(self.code, OPTIONS)
        result = ApplyEngine(self.manager.client, self.manager).apply(plan)
        undone = [
            f"{item.resource_id}: " + str(item.reason)
            for item in result.results
            if not item.status.is_done
        ]
        assert undone == []
        left = {rid for rid, what in actions(plan).items() if what in LEFT}
        again = self.manager.plan(self.code, OPTIONS)
        more = {rid: what for rid, what in actions(again).items() if rid not in left}
        # Into which zone DSS puts a new recipe, nobody has told.
        zones = {rid for rid, what in more.items() if is_moved(rid, what)}
        assert more.keys() == zones, more
        assert all(x.reason for x in again.actions if x.resource_id in left)
        live = self.manager.sync_project(KEY)
        wanted = translated(self.code, live_ids_of(self.manager.load_state()))
        for diff in DiffEngine().diff(wanted, live):
            if diff.resource_id not in left | zones and diff.old_resource is not None:
                assert [x for x in diff.changes if x.kind.value != "added"] == [], diff
        return statuses(result)


def is_moved(resource_id, what):
    """Return whether a zone has other objects than the code says."""
    return resource_id.startswith("flow_zone.") and what == "kept"


@pytest.fixture
def applied(project_folder, serve, tmp_path):
    """A real project, or the sample."""
    files, store = files_in(project_folder), ProjectStore()
    store.load_files(KEY, files)
    with serve(store) as server:
        yield Applied(server, tmp_path, files)


def is_text(resource):
    """Return whether an object is a text: others are files or links of a library."""
    return not resource.attributes.keys() & {"sha256", "links"}


@pytest.mark.slow
def test_edits_of_all_types(applied, long):
    """The tags, or what a type has instead; and values anywhere."""
    touched = set()
    for kind in WRITING:
        for resource in filter(is_text, applied.objects(kind, None if long else 1)):
            edit = EDITS.get(kind, {"tags": ["edited"]})
            applied.edit(resource, {**resource.attributes, **edit})
            if applied.code[resource.resource_id].attributes != resource.attributes:
                touched.add(resource.resource_id)
    found = applied.apply()
    assert found == dict.fromkeys(touched, "updated")


@pytest.mark.slow
def test_edits_of_values_anywhere(applied, long):
    chance = random.Random(16)
    for _ in range(8 if long else 1):
        touched = set()
        for kind in WRITING:
            for resource in filter(is_text, applied.objects(kind, None if long else 3)):
                wanted = edited(resource.attributes, chance)
                # DSS drops some members that it does not know, and says so nowhere.
                if kind in UNEDITED or "anOption" in json.dumps(wanted):
                    continue
                applied.edit(resource, wanted)
                now = applied.code.get_resource(resource.resource_id)
                if now.attributes != resource.attributes:
                    touched.add(resource.resource_id)
        found = applied.apply()
        assert set(found.values()) <= {"updated"}
        assert set(found) <= touched


def copied(resource, number):
    """Return a copy of an object under another name."""
    kind, name = resource.resource_type, f"copy_{number}"
    dropped = OLDER.get(kind, set()) | BY_DSS - {"id"}
    attributes = copy.deepcopy(
        {
            key: item
            for key, item in resource.attributes.items()
            if key not in dropped and not key.startswith("key_")
        }
    )
    for member in ("id", "name"):
        if attributes.get(member) == resource.resource_name:
            attributes[member] = name
        elif member == "name" and member in attributes:
            attributes[member] = f"Copy {number}"
    attributes |= EMPTY.get(kind, {})
    return Resource(kind, f"{kind}.{KEY}.{name}", attributes)


@pytest.mark.slow
def test_copies_are_created_and_deleted(applied, long):
    made = []
    for kind, writing in WRITING.items():
        for number, resource in enumerate(applied.objects(kind, 2 if long else 1)):
            if writing.uncreatable or holds_secret(resource.attributes):
                continue
            if is_text(resource):
                made.append(copied(resource, number))
                applied.put(made[-1])
    articles = [item for item in made if item.resource_type == "wiki_article"]
    for wiki in applied.objects("wiki", 1):
        nodes = [{"id": item.resource_name, "children": []} for item in articles]
        tree = [*wiki.attributes["taxonomy"], *nodes]
        applied.edit(wiki, {**wiki.attributes, "taxonomy": tree})
    found = applied.apply()
    created = {rid for rid, status in found.items() if status == "created"}
    assert created == {item.resource_id for item in made}
    for item in made:
        applied.drop(item.resource_id)
    for wiki in applied.objects("wiki", 1):
        tree = wiki.attributes["taxonomy"][: -len(articles) or None]
        applied.edit(wiki, {**wiki.attributes, "taxonomy": tree})
    found = applied.apply()
    deleted = [rid for rid, status in found.items() if status == "deleted"]
    kept = [item for item in made if WRITING[item.resource_type].undeletable]
    assert len(deleted) == len(made) - len(kept)


@pytest.mark.slow
def test_deletes_of_all_types(applied):
    for kind, writing in WRITING.items():
        for resource in applied.objects(kind, None)[-2:]:
            is_kept = writing.undeletable or resource.resource_name in writing.by_dss
            if not is_kept and kind != "wiki_article":
                applied.drop(resource.resource_id)
    applied.apply()
