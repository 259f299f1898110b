"""Change a DSS project as code: pull, edit, plan, apply, resume, roll back.

The demo uses a sample project in an embedded DSS, or with --project-dir your own, in
the layout in which DSS commits projects to git. A real DSS is not changed.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dataikuapi.dss.project import DSSProject
from dataikuapi.utils import DataikuException

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager, open_source
from dataikuapi.iac.apply import ApplyEngine, ApplyResult
from dataikuapi.iac.plan import ExecutionPlan, PlanOptions
from dataikuapi.iac.sandbox import (
    Fault,
    ProjectStore,
    SandboxServer,
    in_turn,
    sample_folder,
)
from dataikuapi.iac.sources import pull_project
from dataikuapi.iac.types import TYPES

FILES = [name for name, kind in TYPES.items() if kind.layout is not None]
"""The types of objects that projects have in files."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project-dir", type=Path, help="a project in git layout")
    source = parser.parse_args(argv).project_dir or sample_folder()
    store = ProjectStore()
    folder = Path(tempfile.mkdtemp(prefix="dataiku-iac-"))
    try:
        key = store.load_folder(source)
        with SandboxServer(store) as server:
            Demo(server, key, folder).run()
    except DataikuException as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder)
    return 0


class Demo:
    """The loop, step by step.

    Args:
        server: serves the project.
        key: of the project.
        folder: for the code and the state.
    """

    def __init__(self, server: SandboxServer, key: str, folder: Path) -> None:
        self.server, self.key, self.code = server, key, folder / key
        backend = LocalFileBackend(folder / "demo.state.json")
        client = DSSClient(server.url, server.api_key)
        self.manager = StateManager(backend, client, "demo", types=FILES)

    def run(self) -> None:
        """Show all steps."""
        print(f"1. Sync project {self.key}, and pull it as code")
        self.manager.save_state(self.manager.sync_project(self.key))
        pull_project(self.manager.load_state(), self.code)
        files = [path for path in self.code.rglob("*") if path.is_file()]
        print(f"   {len(files)} files, in the layout of DSS's own git")

        print("\n2. Edit the code: describe a dataset, add one, change a recipe")
        first = self.edit()

        print("\n3. Plan: what would be done in DSS, and nothing is")
        plan = self.plan()
        show(plan)

        print("\n4. A colleague edits the described dataset before the plan is applied")
        settings = self.project().get_dataset(first).get_settings()
        settings.get_raw()["tags"] = ["reviewed"]
        settings.save()
        show(self.apply(plan))

        print("\n5. Plan again: the tag is kept. But the network fails")
        path = f"/projects/{self.key}/datasets/{first}"
        self.server.faults = in_turn("PUT", path, Fault.reset())
        show(self.apply(self.plan()))

        print("\n6. Apply once more: only what is left is done")
        show(self.apply(self.plan()))
        print("   then, in a new plan:")
        show(self.plan())

        print("\n7. Roll back to version 1, as a plan like any other")
        version = self.manager.backend.load_version(1)
        plan = self.manager.plan(version, PlanOptions(allow_delete=True))
        show(self.apply(plan))
        kept = self.project().get_dataset(first).get_settings().get_raw()["tags"]
        print(f"   the colleague's tag is still there: {kept}")

    def project(self) -> DSSProject:
        """Return the project as the client has it."""
        return self.manager.client.get_project(self.key)

    def edit(self) -> str:
        """Edit the code; return the name of the dataset that is described."""
        file = min((self.code / "datasets").glob("*.json"))
        document = json.loads(file.read_text("utf-8"))
        document["shortDesc"] = "Described in the code"
        file.write_text(json.dumps(document, indent=2), "utf-8")
        new = {"type": "UploadedFiles", "managed": False, "params": {}}
        (self.code / "datasets" / "zz_new.json").write_text(json.dumps(new), "utf-8")
        for script in sorted((self.code / "recipes").glob("*.py"))[:1]:
            text = script.read_text("utf-8")
            script.write_text(f"# Changed in the code.\n{text}", "utf-8")
        return file.stem

    def plan(self) -> ExecutionPlan:
        """Return the plan for the code."""
        wanted = open_source(str(self.code), project_key=self.key).read()
        return self.manager.plan(wanted)

    def apply(self, plan: ExecutionPlan) -> ApplyResult:
        """Apply a plan."""
        return ApplyEngine(self.manager.client, self.manager).apply(plan)


def show(report: ExecutionPlan | ApplyResult) -> None:
    """Print a plan, or what became of it."""
    print("\n".join(f"   {line}".rstrip() for line in str(report).splitlines()))


if __name__ == "__main__":
    sys.exit(main())
