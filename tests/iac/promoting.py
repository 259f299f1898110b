"""What the tests of promotions share: one project in two environments."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataikuapi import DSSClient
from dataikuapi.iac import StateManager
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.plan import read_plan
from dataikuapi.iac.sandbox import SandboxServer, sample_folder

DEV, PROD = "SHOP_DEV", "SHOP_PROD"

UNPROMOTABLE = ("recipes/compute_shipments.json", "saved_models")
"""What cannot be created: it has a secret, or was trained."""

_CONFIGURATION = """
environments:
  dev: {{host: '{url}', state: dev.json, project_keys: {{SHOP: {dev}}}}}
  prod: {{host: '{url}', state: prod.json, project_keys: {{SHOP: {prod}}}, {overlay}}}
"""


@dataclass
class TwoEnvironments:
    """The project in both environments, and the command line.

    Args:
        run: runs a command; see the fixture.
        server: of the one sandbox that has both projects.
        folder: where the configuration is.
    """

    run: Any
    server: SandboxServer
    folder: Path

    def configure(self, overlay=""):
        """Say what production has otherwise than the code."""
        text = _CONFIGURATION.format(
            url=self.server.url, dev=DEV, prod=PROD, overlay=overlay
        )
        (self.folder / "dataiku-iac.yaml").write_text(text, "utf-8")

    def project(self, key):
        """Return a project, to be changed in DSS by the client."""
        return DSSClient(self.server.url, self.server.api_key).get_project(key)

    def sync(self, *environments):
        """Store what environments have."""
        for name in environments:
            code, _, errors = self.run("sync", "-e", name)
            assert code == 0, errors

    def plan(self, *options, source="env:dev"):
        """Return exit code and text of the plan for production."""
        code, output, errors = self.run("plan", source, "-e", "prod", *options)
        return code, " ".join(output.split()), errors

    def document(self, source="env:dev"):
        """Return the plan for production, as machines read it."""
        _, output, _ = self.run("plan", source, "-e", "prod", "--format", "json")
        return json.loads(output)

    def actions(self, source="env:dev"):
        """Return what the plan for production does, by id."""
        return {
            item["resource_id"]: item["action"]
            for item in self.document(source)["resources"]
            if item["action"] != "no-change"
        }

    def apply(self):
        """Plan and apply; return what became of it."""
        file = self.folder / "plan.json"
        file.unlink(missing_ok=True)
        code, output, errors = self.plan("--out", file)
        assert file.exists(), (code, output, errors)
        manager = StateManager.from_config("prod")
        return ApplyEngine(manager.client, manager).apply(read_plan(file))

    def promote(self):
        """Plan and apply all of the plan."""
        result = self.apply()
        assert result.results
        assert result.is_complete, str(result)

    def live(self, name, key=PROD):
        """Return a document as DSS has it, by the path below the project."""
        client = self.project(key).client
        return client._perform_json("GET", f"/projects/{key}/{name}")

    def put(self, name, key=PROD, **values):
        """Change members of a document in DSS, as somebody else."""
        document = {**self.live(name, key), **values}
        path = f"/projects/{key}/{name}"
        self.project(key).client._perform_json("PUT", path, body=document)


def promotable_sample(folder):
    """Return a copy of the sample project, without what cannot be created."""
    target = folder / "sample"
    shutil.copytree(sample_folder(), target)
    for name in UNPROMOTABLE:
        path = target / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return target


def bare_copy(folder, target):
    """Make a folder of a project that has the same settings, and nothing in it."""
    target.mkdir()
    for name in ("params.json", "tags.json"):
        if (folder / name).exists():
            shutil.copy(folder / name, target)
    return target
