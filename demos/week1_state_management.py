"""Sync a DSS project, save its state, and see what changed.

Without arguments, the demo uses a sample project in an embedded DSS. With
--project-dir, it uses your own project, in the layout in which DSS commits projects to
git. With --host and --project, it reads from a real instance, with the API key in
DATAIKU_API_KEY.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataikuapi.dss.project import DSSProject
from dataikuapi.utils import DataikuException

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DiffEngine,
    DriftReport,
    LocalFileBackend,
    State,
    StateManager,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit code."""
    arguments = read_arguments(argv)
    try:
        if arguments.host:
            show_instance(arguments.host, arguments.project, arguments.state_file)
        else:
            show_sandbox(arguments.project_dir, arguments.state_file)
    except DataikuException as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\nThe state file: {arguments.state_file}")
    return 0


def read_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; exit with 2 on wrong usage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project-dir", type=Path, help="a project in git layout")
    parser.add_argument("--host", help="URL of a real DSS, e.g. https://dss:11200")
    parser.add_argument("--project", help="key of the project to read")
    parser.add_argument("--state-file", type=Path, help="where to store the state")
    arguments = parser.parse_args(argv)
    if bool(arguments.host) != bool(arguments.project):
        parser.error("--host and --project have to be used together")
    if arguments.host and arguments.project_dir:
        parser.error("--project-dir and --host cannot be used together")
    if arguments.project_dir and not (arguments.project_dir / "params.json").is_file():
        parser.error(f"{arguments.project_dir} is not a DSS project: no params.json")
    if arguments.host and not os.environ.get("DATAIKU_API_KEY"):
        parser.error("no API key: set DATAIKU_API_KEY")
    if not arguments.state_file:
        environment = "dev" if arguments.host else "demo"
        arguments.state_file = Path(f".dataiku/state/{environment}.state.json")
    return arguments


def show_sandbox(project_dir: Path | None, state_file: Path) -> None:
    """Sync, save, change and compare a project that the sandbox serves."""
    from dataikuapi.iac.sandbox import ProjectStore, SandboxServer, sample_folder

    store = ProjectStore()
    key = store.load_folder(project_dir or sample_folder())
    with SandboxServer(store) as server:
        client = DSSClient(server.url, server.api_key)
        manager = StateManager(LocalFileBackend(state_file), client, "demo")

        print(f"1. Sync project {key} from DSS (an embedded one, for this demo)")
        state = manager.sync_project(key)
        print(f"   read {contents(state)}")

        print("\n2. Save the state, load it again, compare it with DSS")
        manager.save_state(state)
        show_drift(manager.drift(key))

        print("\n3. A colleague edits the project")
        maria = DSSClient(server.url, store.add_api_key("maria"))
        for edit in edit_project(maria.get_project(key)):
            print(f"   {edit}")

        print("\n4. Show the drift since the state was saved")
        show_drift(manager.drift(key))


def show_instance(host: str, project_key: str, state_file: Path) -> None:
    """Sync a project of a real instance, compare it with the stored state, save it."""
    client = DSSClient(host, os.environ["DATAIKU_API_KEY"])
    manager = StateManager(LocalFileBackend(state_file), client, "dev")

    print(f"1. Sync project {project_key} from {host}, reading only")
    state = manager.sync_project(project_key)
    print(f"   read {contents(state)}")

    if manager.backend.exists():
        print("\n2. Show the drift since the state was saved")
        show_drift(manager.drift(project_key))
    else:
        print("\n2. There is no state yet to compare with")

    print("\n3. Save the state, load it again, compare it with DSS")
    manager.save_state(state)
    show_drift(manager.drift(project_key))


def contents(state: State) -> str:
    """Return e.g. "11 datasets, 8 recipes, 19 other objects"."""
    counts = Counter(resource.resource_type for resource in state.list_resources())
    main = [kind for kind in ("dataset", "recipe") if kind in counts]
    shown = [f"{counts.pop(kind)} {kind}s" for kind in main]
    return f"{', '.join(shown)}, {sum(counts.values())} other objects"


def show_drift(report: DriftReport) -> None:
    """Print how DSS differs from the stored state."""
    text = DiffEngine().format_output(report.diffs)
    print("\n".join(f"   {line}".rstrip() for line in text.splitlines()))


def edit_project(project: DSSProject) -> Iterator[str]:
    """Make typical edits, depending on what is in the project; yield what was done."""
    recipes = {item["name"]: item["type"] for item in project.list_recipes()}
    scripts = [name for name, kind in recipes.items() if kind == "python"]
    prepares = [name for name, kind in recipes.items() if kind == "shaker"]
    others = [name for name in recipes if name not in scripts[:1] + prepares[:1]]
    datasets = [item["name"] for item in project.list_datasets()]
    for name in scripts[:1]:
        settings = project.get_recipe(name).get_settings()
        settings.set_code(f"{settings.get_code().rstrip()}\nprint('done')\n")
        settings.save()
        yield f"edits the code of recipe '{name}'"
    for name in prepares[:1]:
        settings = project.get_recipe(name).get_settings()
        renaming = {"renamings": [{"from": "qty", "to": "quantity"}]}
        settings.add_processor_step("ColumnRenamer", renaming)
        settings.save()
        yield f"adds a step to prepare recipe '{name}'"
    for name in datasets[:1]:
        settings = project.get_dataset(name).get_settings()
        settings.add_raw_schema_column({"name": "channel", "type": "string"})
        settings.save()
        yield f"adds a column to dataset '{name}'"
    project.create_dataset("returns", "Filesystem", {"path": "/returns"})
    yield "adds dataset 'returns'"
    for name in others[-1:]:
        project.get_recipe(name).delete()
        yield f"deletes recipe '{name}'"


if __name__ == "__main__":
    sys.exit(main())
