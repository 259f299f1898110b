"""Reading the articles of a wiki, which its tree lists."""

import json
from typing import Any, ClassVar

import pytest

from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sandbox.kinds.wiki import WIKI
from dataikuapi.iac.sandbox.kinds.wiki_article import WIKI_ARTICLE
from dataikuapi.iac.sources import pull_project
from iac.typed import KEY, TypeContract, changed_ids

HOME = {
    "name": "Home",
    "payload": "# Orders\n\nSee https://example.com/?token=abc123\n",
}
CHILD = {"name": "Details – Ähren", "payload": "", "attachments": []}


class TestWikiArticle(TypeContract):
    """Articles."""

    resource_type = "wiki_article"
    kind = WIKI_ARTICLE
    objects: ClassVar[dict[str, Any]] = {"1": HOME, "2": CHILD}
    path = "wiki/{id}"
    listing = "wiki"
    edits = (
        lambda document: document.update(payload=document["payload"] + "More.\n"),
        lambda document: document["article"].update(
            name=document["article"]["name"] + "!"
        ),
    )

    @pytest.fixture
    def shop(self):
        """A wiki with an article below its home."""
        store = ProjectStore()
        store.add_project(KEY)
        for object_id, document in self.objects.items():
            fields = {**document}
            payload = fields.pop("payload")
            store.add(WIKI_ARTICLE, KEY, object_id, payload=payload, **fields)
            parent = "1" if object_id == "2" else None
            WIKI.insert(store.project(KEY), object_id, parent, "ann")
        return store

    def test_deleted_object_is_removed(self, manager, client):
        """The tree lists what there is."""
        client._perform_empty("DELETE", f"/projects/{KEY}/wiki/2")
        removed = [diff.resource_id for diff in manager.drift().removed]
        assert removed == [self.resource_id("2")]

    def test_secret_in_the_text_is_masked(self, manager):
        """A text is no code."""
        home = manager.load_state()[self.resource_id("1")]
        assert "abc123" not in str(home.attributes)

    def test_tree_is_a_resource_of_its_own(self, client, shop, tmp_path):
        """Both are read with one request for the tree."""
        backend = LocalFileBackend(tmp_path / "both.state.json")
        manager = StateManager(
            backend, client, "dev", types=["project", "wiki", "wiki_article"]
        )
        manager.save_state(manager.sync_project(KEY))
        tree = manager.load_state()[f"wiki.{KEY}"].attributes
        assert tree["taxonomy"] == [
            {"id": "1", "children": [{"id": "2", "children": []}]}
        ]
        wiki = client.get_project(KEY).get_wiki()
        made = wiki.create_article("New", content="Text")
        settings = wiki.get_settings()
        settings.set_home_article_id("1")
        settings.save()
        assert changed_ids(manager) == [
            f"wiki.{KEY}",
            self.resource_id(made.article_id),
        ]

    def test_pull_writes_ids_as_dss_does(self, client, shop, tmp_path):
        """As numbers, so that the file is the one in a repository of DSS."""
        settings = client.get_project(KEY).get_wiki().get_settings()
        settings.set_home_article_id("1")
        settings.save()
        backend = LocalFileBackend(tmp_path / "tree.state.json")
        manager = StateManager(backend, client, "dev", types=["project", "wiki"])
        pull_project(manager.sync_project(KEY), tmp_path / KEY)
        tree = json.loads((tmp_path / KEY / "wiki/taxonomy.json").read_bytes())
        child = {"id": 2, "children": []}
        assert tree["homeArticleId"] == 1
        assert tree["taxonomy"] == [{"id": 1, "children": [child]}]

    def test_tree_is_requested_once(self, client, served, tmp_path):
        """Although both types need it."""
        requests = []
        served.faults = lambda method, path: requests.append(path)
        backend = LocalFileBackend(tmp_path / "once.state.json")
        types = ["project", "wiki", "wiki_article"]
        StateManager(backend, client, "dev", types=types).sync_project(KEY)
        assert requests.count(f"/projects/{KEY}/wiki/") == 1
        assert len([path for path in requests if "/wiki/" in path]) == 3
