"""Objects of the sandbox as a writer gets them, and what it sends."""

import copy
import json
import re
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from dataikuapi import DSSClient
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types import TYPES, resource_from
from dataikuapi.iac.types.nested import NestedType
from dataikuapi.iac.types.rewriting import new_documents, rewritten

KEY = "REAL"

NESTED = {kind.name for kind in TYPES.values() if isinstance(kind, NestedType)}

WRITERS: dict[str, Any] = {
    kind.name: writer for kind in TYPES.values() if (writer := kind.writing.writer)
}


class Recorder:
    """Remembers which requests a client makes that change something.

    Args:
        client: whose requests.
    """

    def __init__(self, client):
        self.writes: list[str] = []
        self.bodies: list[Any] = []
        client._session.hooks["response"].append(self._remember)

    def _remember(self, response, **_):
        request = response.request
        path = unquote(request.path_url).partition(f"/projects/{KEY}/")[2]
        if request.method != "GET":
            self.writes.append(f"{request.method} {path}")
            is_json = str(request.body or "").startswith("{")
            self.bodies.append(json.loads(request.body) if is_json else request.body)

    def forget(self):
        """Forget all requests so far."""
        self.writes.clear()
        self.bodies.clear()


class Written:
    """One project in the sandbox, and the writers of its objects."""

    def __init__(self, server, store, files):
        self.store = store
        store.load_files(KEY, files)
        self.client: Any = DSSClient(server.url, server.api_key)
        self.requests = Recorder(self.client)
        self.project = self.client.get_project(KEY)

    def names(self, kind):
        """Return the names of the objects of a type."""
        return list(TYPES[kind].list_documents(self.project))

    def documents(self, kind, name):
        """Return what DSS has of an object."""
        if kind in NESTED:  # It is in an object that the listing knows.
            name = next(item for item in self.names(kind) if item == name)
        documents = dict(TYPES[kind].fetch_documents(self.project, name))
        for part, fetch in TYPES[kind].privileged.items():
            documents[part] = fetch(self.project)
        return copy.deepcopy(documents)

    def attributes(self, kind, name, documents=None):
        """Return the configuration of an object."""
        found = documents or self.documents(kind, name)
        return resource_from(TYPES[kind], self._id(kind, name), found).attributes

    def create(self, kind, name, attributes):
        """Create an object, save what the creation did not store; return its name."""
        documents = new_documents(TYPES[kind], attributes)
        made = WRITERS[kind].create(self.project, name, documents)
        if self.attributes(kind, made) != {**attributes, **self.given(kind, made)}:
            self.save(kind, made, {**attributes, **self.given(kind, made)})
        return made

    def given(self, kind, name):
        """Return the attributes that the name of an object decides on."""
        chosen = getattr(WRITERS[kind], "chosen", "") or "id"
        given = {chosen: name, "projectKey": KEY}
        found = self.attributes(kind, name)
        return {key: value for key, value in given.items() if key in found}

    def save(self, kind, name, attributes):
        """Save an object; return the documents that were sent."""
        old = self.documents(kind, name)
        before = self.attributes(kind, name, old)
        new = rewritten(TYPES[kind], old, before, attributes)
        saves = WRITERS[kind].save(self.project, name, old, new)
        version = self.version(kind, name)
        assert version is None or version - self.version(kind, name, old) == saves
        return new

    def version(self, kind, name, documents=None):
        """Return the number of an object's version; None if it has none."""
        found = documents or self.documents(kind, name)
        resource = resource_from(TYPES[kind], self._id(kind, name), found)
        return resource.metadata.version_number

    def delete(self, kind, name, drop_data=False):
        """Delete an object."""
        WRITERS[kind].delete(self.project, name, drop_data)

    def _id(self, kind, name):
        return ResourceId(kind, KEY, str(name))


@contextmanager
def served(serve, files):
    """Serve a project in the sandbox."""
    store = ProjectStore()
    with serve(store) as server:
        yield Written(server, store, files)


def settled(documents):
    """Return documents without what each save changes.

    That is bookkeeping, the order of tags, nulls, which DSS drops, and secrets, which
    it encrypts anew. The summary of a project is derived from its other documents.
    """
    text = json.dumps(documents)
    same = json.loads(re.sub(r'"e:AES:[^"]*"', '"e:AES:"', text))
    return {part: _settled(same[part]) for part in same.keys() - {"summary"}}


def _settled(document):
    if not isinstance(document, dict):
        return document
    kept = {key: item for key, item in document.items() if item is not None}
    kept.pop("versionTag", None)
    if isinstance(kept.get("tags"), list):
        kept["tags"] = sorted(kept["tags"])
    return kept


def changed(written, kind, name, /, **attributes):
    """Save an object with other attributes; return the requests."""
    written.requests.forget()
    before = written.attributes(kind, name)
    written.save(kind, name, {**before, **attributes})
    return written.requests.writes
