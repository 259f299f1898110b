"""Terraform itself uses the server of our tests, so that it is known to be faithful."""

import json
import os
import shutil
import subprocess

import pytest

from dataikuapi.iac.backends import open_backend
from iac.http_state_server import Fault, serving

CONFIGURATION = """
terraform {
  backend "http" {}
}
resource "terraform_data" "each" {
  count = 3
  input = count.index
}
"""


@pytest.fixture
def terraform(tmp_path):
    """Return a function that runs Terraform, its server, and the address there."""
    if shutil.which("terraform") is None:
        pytest.skip(
            "terraform is not installed: the test server was not compared to it"
        )
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    (tmp_path / "terraformrc").touch()
    with serving() as server:
        address = f"{server.url}/state/tf"
        environment = {
            "CHECKPOINT_DISABLE": "1",
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "TF_CLI_CONFIG_FILE": str(tmp_path / "terraformrc"),
            "TF_HTTP_ADDRESS": address,
            "TF_HTTP_LOCK_ADDRESS": address,
            "TF_HTTP_UNLOCK_ADDRESS": address,
            "TF_IN_AUTOMATION": "1",
        }

        def run(*arguments):
            result = subprocess.run(
                ["terraform", *arguments],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
            )
            return result.returncode, result.stdout, result.stderr

        yield run, server, address


@pytest.mark.slow
def test_terraform_and_we_understand_each_other(terraform, tmp_path):
    terraform, server, address = terraform
    assert terraform("init", "-no-color")[0] == 0
    server.methods()
    assert terraform("apply", "-auto-approve", "-no-color")[0] == 0
    methods = server.methods()
    assert methods[0] == "LOCK" and methods[-2:] == ["POST", "UNLOCK"]
    assert set(methods[1:-2]) == {"GET"}
    document = server.documents["/state/tf"]
    assert json.loads(document.data)["serial"] == 1

    ours = open_backend(address, lock_address=address)
    with ours.lock("refresh SHOP"):
        code, _, message = terraform("apply", "-auto-approve", "-no-color")
        assert code == 1 and "Error acquiring the state lock" in message
        assert document.lock["ID"] in message
        (found,) = ours.locks()
        code, _, message = terraform("force-unlock", "-force", found.lock_id)
        assert code == 0, message
        assert ours.locks() == []

    code, pulled, _ = terraform("state", "pull")
    assert code == 0 and json.loads(pulled)["serial"] == 1
    (tmp_path / "older.tfstate").write_text(
        pulled.replace('"serial": 1', '"serial": 0')
    )
    code, _, message = terraform("state", "push", "older.tfstate")
    assert code == 1 and "serial 0 over newer state with serial 1" in message
    (tmp_path / "newer.tfstate").write_text(
        pulled.replace('"serial": 1', '"serial": 5')
    )
    assert terraform("state", "push", "newer.tfstate")[0] == 0
    assert json.loads(document.data)["serial"] >= 5  # What is pushed gets the next one.

    # What Terraform says of itself while it holds the lock.
    holders = []
    server.faults.append(
        Fault("GET", is_done=True, wait=lambda: holders.extend(ours.locks()))
    )
    assert terraform("plan", "-no-color")[0] == 0
    (holder,) = holders
    assert holder.user and holder.host and holder.since and holder.lock_id
    assert holder.reason == "OperationTypePlan"
