"""One apply of a commit of a real project, with what the sandbox had before and after.

What an apply may have done is judged by the oracle, and by the documents of the sandbox
for types that it does not know.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, RetryPolicy, StateManager
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.live_ids import live_ids_of, translated
from dataikuapi.iac.models.filled_in import filled_in
from dataikuapi.iac.models.plan import ActionType
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.plan import MaxChange, PlanOptions
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sources.project_files import read_project_files
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.lookup import is_membership, writing_of
from dataikuapi.iac.types.writers import ListedWriter
from iac import oracle
from iac.applying import recorded, writes
from iac.histories import KEY
from iac.strays import differing, strays, without

LAYOUT = [name for name, kind in TYPES.items() if kind.layout is not None]

# A trained version is only where it was trained: the sandbox has those of the files.
RULES = (IgnoreRule("saved_model.*", "/activeVersion"),)
OPTIONS = PlanOptions(
    allow_delete=True, delete_data=True, max_change=MaxChange(100), ignore=RULES
)

TYPE_OF = {
    "zone": "flow_zone",
    "retrieval-augmented LLM": "rag_model",
    "worksheet": "statistics_worksheet",
    "article": "wiki_article",
}
"""Types of the sandbox's kinds, where their labels are other words."""

PARTS = ("metadata", "settings", "permissions")
"""Paths of the documents of a project."""

MOVED_BY_DSS = {"flow_zone": {"items", "shared"}, "project": {"exposedObjects"}}
"""What DSS itself changes when objects are created and deleted."""


def type_of(kind):
    """Return the resource type of a kind of the sandbox."""
    return TYPE_OF.get(kind.label, kind.label.lower().replace(" ", "_"))


def documents(store):
    """Return document and payload of each object in the sandbox, by resource id."""
    project, found = store.project(KEY), {}
    for kind in store.kinds:
        objects = project.objects(kind)
        for name in objects.names():
            stored = objects.stored(name)
            rid = f"{type_of(kind)}.{KEY}{name and '.'}{name}"
            found[rid] = {**stored.document, "the payload": stored.payload}
    return found


def names_of(change):
    """Return the names of the members along a path, without the items of lists."""
    return tuple(x.name for x in change.segments if isinstance(x.name, str))


@dataclass
class Replayed:
    """An apply of the files of one commit to a project that has those of another.

    Args:
        server: of the sandbox.
        store: of the sandbox.
        folder: for the state; a new one each time.
        before: files of the project in DSS.
        after: files of the code.
    """

    server: Any
    store: Any
    folder: Any
    before: dict[str, bytes]
    after: dict[str, bytes]
    problems: list[str] = field(default_factory=list)

    def run(self):
        """Plan and apply, and look at what there is then."""
        self.store.load_files(KEY, self.before)
        self.manager = StateManager(
            LocalFileBackend(self.folder / "dev.state.json"),
            DSSClient(self.server.url, self.server.api_key),
            "dev",
            max_workers=2,
            policy=RetryPolicy(max_retries=0),
            types=LAYOUT,
        )
        self.manager.save_state(self.manager.sync_project(KEY))
        return self._applied()

    def followed_by(self, files):
        """Apply the files of another commit to what there is now."""
        found = Replayed(self.server, self.store, self.folder, self.after, files)
        found.manager = self.manager
        return found._applied()

    def _applied(self):
        self.code = read_project_files(self.after, KEY, utc_now())
        self.plan = self.manager.plan(self.code, OPTIONS)
        self.old = documents(self.store)
        self.requests = recorded(self.server)
        self.result = ApplyEngine(self.manager.client, self.manager).apply(self.plan)
        self.server.faults = None
        self.new = documents(self.store)
        self.state = self.manager.load_state()
        self.live = self.manager.sync_project(KEY)
        self.ids = live_ids_of(self.state)
        other = ProjectStore()
        other.load_files(KEY, self.after)
        self.target = documents(other)
        return self

    @cached_property
    def left(self):
        """Ids of what the plan leaves alone, or a part of it, and says why."""
        found = self.plan.of_type(ActionType.PLAN_ONLY, ActionType.BLOCKED)
        found += [x for x in self.plan.of_type(ActionType.UPDATE) if x.diff.changes]
        return {action.resource_id for action in found if action.reason}

    @cached_property
    def renewed_in_code(self):
        """Ids in DSS of what the commit has only given another id in the code."""
        taken = [live for code, live in self.ids.items() if code != live]
        return {live for live in taken if taken.count(live) > 1}

    @cached_property
    def judged(self):
        """Ids in DSS of what the commit changed."""
        lines = oracle.changes(
            *(oracle.objects(KEY, each) for each in (self.before, self.after))
        )
        others = {
            rid
            for rid in differing(self.old, self.target)
            if rid.partition(".")[0] not in oracle.KINDS
        }
        return {self.ids.get(rid, rid) for rid in {line[2:] for line in lines} | others}

    @cached_property
    def renewed(self):
        """Ids of what refers to an object that has got a new id."""
        return {
            action.resource_id
            for action in self.plan.of_type(ActionType.UPDATE)
            if not action.diff.changes
        }

    @cached_property
    def renamed(self):
        """Ids that objects had which the plan renames."""
        renames = self.plan.of_type(ActionType.RENAME)
        return {action.renamed_from for action in renames}

    def check(self):
        """Return what is wrong."""
        self._check_actions()
        self._check_code()
        self._check_state()
        self._check_next_plan()
        self._check_requests()
        self._check_documents()
        return self.problems

    def _check_actions(self):
        """Everything is done, and it is what the commit changed."""
        self.problems += [
            f"{item.status.value} {item.action.resource_id}: {item.reason}{notes}"
            for item in self.result.results
            if (notes := [x for x in item.notes if "as planned already" not in x])
            or not item.status.is_done
        ]
        done = {
            self.ids.get(item.action.resource_id, item.resource_id)
            for item in self.result.results
        }
        done.update(self.renamed)  # The oracle has it as one gone, and one come.
        known = {rid for rid in done if rid.partition(".")[0] in oracle.KINDS}
        judged = {rid for rid in self.judged if rid.partition(".")[0] in oracle.KINDS}
        told = self.renewed | self.left | self.quiet | self.renewed_in_code
        odd = (known - told) ^ (judged - told)
        self.problems += [f"not as judged: {rid}" for rid in sorted(odd)]

    @cached_property
    def quiet(self):
        """Ids of models that only have another active version, which a rule ignores."""
        return {
            rid
            for rid in self.judged
            if rid.startswith("saved_model.")
            and rid in self.plan.by_id()
            and self.plan.by_id()[rid].action_type is ActionType.NO_CHANGE
        }

    def _check_code(self):
        """DSS has what the code says."""
        live, wanted = self.live, translated(self.code, self.ids)
        for diff in DiffEngine(RULES).diff(wanted, live):
            if not diff.has_changed or diff.resource_id in self.left:
                continue
            paths = [
                change.path
                for change in diff.changes
                if not self._is_of_dss(diff.resource_id, change)
            ]
            is_there = diff.old_resource is not None and diff.new_resource is not None
            if paths or not (is_there or self._is_default_zone(diff)):
                self.problems.append(f"not as in the code: {diff}: {paths}")

    def _is_default_zone(self, diff):
        """Return whether DSS has made the zone of all else, with the first zone."""
        return diff.resource_id == f"flow_zone.{KEY}.default"

    def _is_of_dss(self, rid, change):
        """Return whether a value belongs to the instance, or DSS has put it there."""
        kind = rid.partition(".")[0]
        names = names_of(change)
        stored = self.state.get_resource(rid)
        return (
            any(names[: len(path)] == path for path in writing_of(kind).from_live)
            or (stored is not None and change.path in filled_in(stored))
            or self._is_moved(kind, names)
        )

    def _is_moved(self, kind, names):
        """Return whether DSS may have put a new object into a zone."""
        is_new = any(x.status.value == "created" for x in self.result.results)
        return is_new and is_membership(kind, names)

    def _check_state(self):
        """The state has what DSS has."""
        self.problems += [
            f"not stored: {diff}"
            for diff in DiffEngine().diff(self.state, self.live)
            if diff.has_changed
            and not self._is_default_zone(diff)
            and not all(self._is_of_dss(diff.resource_id, x) for x in diff.changes)
        ]

    def _check_next_plan(self):
        """Nothing is left to do."""
        left = {self.ids.get(rid, rid) for rid in self.left}
        for action in self.manager.plan(self.code, OPTIONS).actions:
            rid, kind = action.resource_id, action.action_type
            is_zone = kind is ActionType.KEPT and all(
                self._is_moved(action.resource_type, names_of(value))
                for value in action.kept
            )
            if kind is not ActionType.NO_CHANGE and not is_zone and rid not in left:
                changes = [str(change) for change in action.diff.changes]
                self.problems.append(f"again: {kind.value} {rid} {changes}")

    def _check_requests(self):
        """Only what the commit changed is written."""
        touched = self.judged | self.renewed
        listings = {path for rid in touched for path in self._listings(rid)}
        items = tuple(f"{path}/" for rid in touched for path in self._paths(rid))
        for method, path in writes(self.requests):
            below = path.removeprefix(f"/projects/{KEY}/").strip("/")
            if below not in listings and not f"{below}/".startswith(items):
                self.problems.append(f"asked for: {method} {path}")

    def _listings(self, rid):
        """Yield the paths of what is no object with a name, or is a new one."""
        of_type, _, rest = rid.partition(".")
        if rid not in self.old or "." not in rest:
            yield from (kind.path for kind in self._kinds(of_type))
        if of_type == "project":
            yield from PARTS
        if of_type == "flow_zone":
            yield "flow/zones/default/add-items"
        if of_type == "managed_folder":
            yield "actions/renameManagedFolder"
        writer = writing_of(of_type).writer
        if rid in self.renamed and isinstance(writer, ListedWriter):
            yield f"actions/{writer.rename_action}"

    def _paths(self, rid):
        """Yield the paths of an object with a name."""
        of_type, _, rest = rid.partition(".")
        name = rest.partition(".")[2]
        paths = [kind.path for kind in self._kinds(of_type)]
        if of_type in ("agent", "rag_model"):
            paths.append("savedmodels")
        return [f"{path}/{name}" for path in paths if name]

    def _kinds(self, of_type):
        """Return the kinds of the sandbox for a type."""
        return [kind for kind in self.store.kinds if type_of(kind) == of_type]

    def _check_documents(self):
        """What the commit did not change is the same, and so is its version."""
        touched = self.judged | self.renewed
        for rid in sorted(differing(self.old, self.new)):
            old, new = (each.get(rid) for each in (self.old, self.new))
            of_type = rid.partition(".")[0]
            if rid not in touched:
                moved = MOVED_BY_DSS.get(of_type, set())
                is_zone = old is None and rid == f"flow_zone.{KEY}.default"
                if not is_zone and (
                    None in (old, new)
                    or not moved
                    or without(old, *moved) != without(new, *moved)
                ):
                    self.problems.append(f"moved: {rid}")
            elif old and new and rid in self.target and rid not in self.renewed:
                names = MOVED_BY_DSS.get(of_type, set())
                found = strays(
                    *(without(x, *names) for x in (old, self._wanted(rid), new))
                )
                self.problems += [f"strayed: {rid} {path}" for path in found]

    def _wanted(self, rid):
        """Return the document of the code, with the ids of DSS."""
        text = json.dumps(self.target[rid])
        for code, live in self.ids.items():
            old, new = (item.rpartition(".")[2] for item in (code, live))
            text = text.replace(old, new)
        return json.loads(text)
