"""What the tests of applies share: a project in DSS, its state, and its code."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, RetryPolicy, StateManager, open_source
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.models.plan import ActionType
from dataikuapi.iac.plan import PlanOptions
from dataikuapi.iac.sandbox import SandboxServer
from dataikuapi.iac.sources import pull_project
from iac.pulling import with_layout


@dataclass
class Project:
    """A project of a sandbox, with a manager of its own and a folder of its code.

    Args:
        server: of the sandbox.
        key: of the project.
        folder: where its code is.
        state_file: where its state is.
        types: to be read; by default, those that are in files.
    """

    server: SandboxServer
    key: str
    folder: Path
    state_file: Path
    types: list[str] = field(default_factory=with_layout)

    def __post_init__(self):
        """Make the manager."""
        self.manager = self.person()

    def person(self, workers=4):
        """Return another manager of the same state."""
        return StateManager(
            LocalFileBackend(self.state_file),
            DSSClient(self.server.url, self.server.api_key),
            "dev",
            max_workers=workers,
            policy=RetryPolicy(max_retries=0),
            types=self.types,
        )

    @property
    def dss(self):
        """The project by the client, as somebody else would use it."""
        return self.manager.client.get_project(self.key)

    def sync(self):
        """Store the state of the project, and pull it."""
        self.manager.save_state(self.manager.sync_project(self.key))
        pull_project(self.manager.load_state(), self.folder)
        return self

    def code(self):
        """Return what the folder says."""
        return open_source(str(self.folder), project_key=self.key).read()

    def plan(self, **options):
        """Return the plan for the folder."""
        return self.manager.plan(self.code(), PlanOptions(**options))

    def engine(self, **options):
        """Return what applies plans."""
        return ApplyEngine(self.manager.client, self.manager, **options)

    def apply(self, plan=None, **options):
        """Apply a plan; by default that for the folder."""
        found = self.plan(**options) if plan is None else plan
        return self.engine().apply(found)

    def edit(self, path, **values):
        """Change members of a file."""
        file = self.folder / path
        document = {**json.loads(file.read_text("utf-8")), **values}
        file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")

    def write(self, path, document):
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = document if isinstance(document, str) else json.dumps(document)
        file.write_text(text, "utf-8")

    def remove(self, *paths):
        """Remove files."""
        for path in paths:
            (self.folder / path).unlink()

    def edit_dataset(self, name, **values):
        """Change a dataset in DSS, as somebody else."""
        settings = self.dss.get_dataset(name).get_settings()
        settings.get_raw().update(values)
        settings.save()

    def dataset(self, name):
        """Return a dataset as DSS has it."""
        return self.dss.get_dataset(name).get_settings().get_raw()

    def recipe(self, name):
        """Return a recipe as DSS has it, and its payload."""
        settings = self.dss.get_recipe(name).get_settings()
        return settings.recipe_settings, settings.str_payload


def statuses(result):
    """Return what became of the actions, by the id of the object."""
    return {item.action.resource_id: item.status.value for item in result.results}


def actions(plan):
    """Return what a plan does, by the id of the object."""
    return {
        item.resource_id: item.action_type.value
        for item in plan.actions
        if item.action_type is not ActionType.NO_CHANGE
    }


def recorded(server):
    """Return a list to which each request is added."""
    requests: list[tuple[str, str]] = []
    server.faults = lambda method, path: requests.append((method, path))
    return requests


def writes(requests):
    """Return the requests that change something."""
    return [item for item in requests if item[0] != "GET"]


def assert_settled(project):
    """DSS and the stored state have what the code says."""
    assert actions(project.plan()) == {}
    assert [diff for diff in project.manager.drift().diffs if diff.has_changed] == []
