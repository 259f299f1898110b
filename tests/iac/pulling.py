"""What the tests of pull share: states, folders and repositories."""

import subprocess

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.types import TYPES

KEY = "SHOP"


def with_layout():
    """Return the names of the types that are in git layout and watched."""
    return [
        name
        for name, kind in TYPES.items()
        if kind.layout is not None and kind.is_watched_by_default
    ]


def read_live(server, key, tmp_path):
    """Return what an instance has of a project."""
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "unused.state.json")
    return StateManager(backend, client, "dev", types=with_layout()).sync_project(key)


def checksums(state):
    """Return the checksums by id."""
    return {item.resource_id: item.metadata.checksum for item in state}


def dataset(name, **attributes):
    """Return a dataset."""
    common = {"projectKey": KEY, "name": name, "type": "Inline", "params": {}}
    return Resource("dataset", f"dataset.{KEY}.{name}", {**common, **attributes})


def recipe(name, payload="", recipe_type="python", **attributes):
    """Return a recipe."""
    common = {"projectKey": KEY, "name": name, "type": recipe_type}
    if payload != "":
        common["payload"] = payload
    return Resource("recipe", f"recipe.{KEY}.{name}", {**common, **attributes})


def variables(standard, local):
    """Return the variables of the project."""
    attributes = {"standard": standard, "local": local}
    return Resource("variables", f"variables.{KEY}", attributes)


def state_of(*resources, types=("project", "dataset", "recipe", "variables"), **fields):
    """Return a state that has read a project, and these objects in it."""
    project = Resource("project", f"project.{KEY}", {"projectKey": KEY, "name": "Shop"})
    scope = Scope.from_parts([(KEY, name) for name in types], utc_now())
    items = {item.resource_id: item for item in (project, *resources)}
    return State(resources=items, scope=scope, **fields)


def files_in(folder):
    """Return the contents of all files of a folder, but for those of git."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def git(folder, *arguments):
    """Run git, and return its output."""
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    command = ["git", "-C", str(folder), *who, *arguments]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return result.stdout


def repository(folder):
    """Make a repository, with somebody who commits."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.com")
    return folder
