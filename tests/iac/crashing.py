"""What the tests of interrupted applies share: edits of all sorts, and their end."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.responses import Response

from dataikuapi.iac.live_ids import live_ids_of, translated
from dataikuapi.iac.models import State
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import sample_folder
from iac.applying import Project, actions
from iac.histories import files_in

_TESTS = Path(__file__).parents[1]

INLINE = {"type": "Inline", "managed": False, "params": {}}
GONE = ("recipe from notebook maria's scores", "customer_scores")


def edit_everything(project):
    """Create, change and delete objects of many types in the code."""
    create_objects(project)
    project.edit("datasets/orders.json", shortDesc="All orders")
    project.write("recipes/compute_orders_enriched.py", "print(1)\n")
    project.edit("scenarios/REFRESH_ORDERS.json", active=False)
    project.edit("web_apps/kB3xT9q.json", tags=["maps"])
    project.write("wiki/articles/2.md", "New words\n")
    project.edit("variables.json", threshold="7")
    recipe, dataset = GONE
    project.remove(f"recipes/{recipe}.json", f"recipes/{recipe}.py")
    project.remove(f"datasets/{dataset}.json", "lib/python/orders/cleaning.py")


def create_objects(project):
    """Create objects in the code: with names of ours, and with ids that DSS makes."""
    sides = {
        side: {"main": {"items": [{"ref": name, "deps": []}]}}
        for side, name in {"inputs": "orders", "outputs": "extra"}.items()
    }
    project.write("datasets/extra.json", INLINE)
    project.write("recipes/make_extra.json", {"type": "python", **sides})
    project.write("recipes/make_extra.py", "print(2)\n")
    script = {"type": "custom_python", "name": "By night", "params": {}}
    project.write("scenarios/NIGHTLY.json", script)
    project.write("scenarios/NIGHTLY.py", "x = 1\n")
    project.write("lib/python/orders/added.py", "y = 2\n")
    app = {"type": "STANDARD", "name": "Second map", "params": {}, "config": {}}
    project.write("web_apps/mapAAAA.json", app)
    project.write("web_apps/mapAAAA/app.js", "let x = 1;\n")
    table = {"type": "dataset_table", "params": {"datasetSmartName": "extra"}}
    insight = {**table, "name": "Extra, as a table", "listed": True}
    project.write("insights/insAAAA.json", insight)
    tile = {"tileType": "INSIGHT", "insightId": "insAAAA"}
    pages = [{"id": "p1", "grid": {"tiles": [tile]}}]
    dashboard = {"name": "Extras", "listed": True, "pages": pages}
    project.write("dashboards/dasAAAA.json", dashboard)
    folder = {"name": "Extras", "type": "Filesystem", "params": {"path": "/x"}}
    project.write("managed_folders/folAAAA.json", folder)
    project.write("wiki/articles/9.json", {"name": "Extras", "tags": ["new"]})
    project.write("wiki/articles/9.md", "About extras\n")
    tree = json.loads((project.folder / "wiki/taxonomy.json").read_text("utf-8"))
    tree["taxonomy"].append({"id": 9, "children": []})
    project.write("wiki/taxonomy.json", tree)


class Case:
    """A project with edits that are to be applied, again and again from the start.

    Args:
        server: of a sandbox.
        folder: for code and state.
        edit: edits the code of a :class:`Project`.
    """

    def __init__(self, server, folder, edit=edit_everything):
        files = files_in(sample_folder())
        # So that the dashboard to be created is the first one.
        self._files = {path: files[path] for path in files if "dashboards" not in path}
        self._server = server
        server.store.load_files(KEY, self._files)
        self._template = folder / "template.state.json"
        self.project = Project(server, KEY, folder / KEY, self._template).sync()
        edit(self.project)
        self._stem = folder / "runs"

    def start(self) -> Project:
        """Return the project as if nothing had been applied."""
        self._server.faults = None
        self._server.store.load_files(KEY, self._files)
        shutil.rmtree(self._stem, ignore_errors=True)
        self._stem.mkdir()
        state_file = self._stem / "dev.state.json"
        shutil.copy(self._template, state_file)
        return Project(self._server, KEY, self.project.folder, state_file)

    def watch(self, plan):
        """Set what happens to the requests from now on."""
        self._server.faults = plan

    def settle(self, project, most=2):
        """Apply until nothing is left; return how many applies it took."""
        self._server.faults = None
        for number in range(most + 1):
            again = Project(self._server, KEY, project.folder, project.state_file)
            plan = again.plan(allow_delete=True)
            if not plan.has_changes():
                assert actions(plan) == {}, plan
                return number
            assert number < most, plan
            again.apply(plan)
        raise AssertionError("unreachable")

    def end(self, project) -> dict[str, Any]:
        """Return what DSS and the state have, whatever ids DSS has made."""
        manager = project.person()
        state = manager.load_state()
        live = manager.sync_project(KEY)
        code_ids = {live: code for code, live in live_ids_of(state).items()}
        return {
            "live": _attributes(translated(live, code_ids)),
            "state": _attributes(translated(state, code_ids)),
            "documents": _documents(self._server.store, code_ids),
            "ids": dict.fromkeys(code_ids.values(), ""),
            "files": {path.name: "" for path in self._stem.glob("*.tmp")},
        }


def _attributes(state: State) -> dict[str, Any]:
    return {item.resource_id: item.attributes for item in state}


_BOOKKEEPING = {"versionTag", "creationTag", "apiKey", "lastModifiedOn", "createdOn"}


def _documents(store, code_ids) -> dict[str, Any]:
    """Return all that the sandbox has, without what differs from run to run."""
    names = {
        live.split(".", 2)[2]: code.split(".", 2)[2] for live, code in code_ids.items()
    }
    made = [re.escape(name) for name in names if len(name) > 6]  # No counters.
    pattern = re.compile("|".join(made) or "(?!)")
    found = {}
    for kind in store.kinds:
        objects = store.project(KEY).objects(kind)
        items = [
            json.dumps([_plain(item.document), item.payload], sort_keys=True)
            for item in objects.values()
        ]
        found[kind.label] = sorted(
            pattern.sub(lambda match: names[match[0]], item) for item in items
        )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in _BOOKKEEPING}
        return {key: _plain(item) for key, item in kept.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


class Applier:
    """Applies in processes that can be killed.

    Args:
        process: runs ``applier.py``.
        case: what is applied.
        server: of the sandbox.
    """

    def __init__(self, process, case, server):
        self._process, self._case, self._server = process, case, server

    def begin(self, project, step=(0, "")):
        """Plan in a process; return its id."""
        arguments = {
            "url": self._server.url,
            "api_key": self._server.api_key,
            "state_file": str(project.state_file),
            "folder": str(project.folder),
            "key": KEY,
            "step": step,
        }
        self._send(json.dumps(arguments))
        child = int(self._read("born"))
        self._read("planned")
        return child

    def go_on(self):
        """Let the process apply; return its exit code, or minus the signal."""
        self._send("")
        return int(self._read("ended"))

    def _send(self, line):
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def _read(self, word):
        for line in iter(self._process.stdout.readline, b""):
            said, _, rest = line.decode().strip().partition(" ")
            if said == word:
                return rest
            assert said != "ended", f"it ended with {rest}"
        raise AssertionError("the process ended")


@contextmanager
def applier(case, server):
    """Run a process that applies."""
    command = [sys.executable, "-m", "iac.applier"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=_TESTS, stdin=pipe, stdout=pipe) as process:
        try:
            yield Applier(process, case, server)
        finally:
            process.kill()


def kill(process):
    """End a process at once."""
    os.kill(process, signal.SIGKILL)


class Killing(Response):
    """A response that is never sent: the process that waits for it is killed."""

    def __init__(self, process):
        super().__init__()
        self._process = process

    async def __call__(self, scope, receive, send):
        """Kill the process, and close the connection."""
        kill(self._process)
        send.__self__.transport.close()


def differing(end, expected):
    """Return what two ends of an apply have different, part by part."""
    return [
        (part, key, end[part].get(key), expected[part].get(key))
        for part in expected
        for key in sorted({*end[part], *expected[part]})
        if end[part].get(key) != expected[part].get(key)
    ]
