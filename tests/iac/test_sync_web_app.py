"""Reading web apps."""

from typing import Any, ClassVar

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sandbox.kinds.web_app import WEB_APP
from dataikuapi.iac.types.lookup import is_environment_specific, references_of
from iac.sandbox.project_files import FILES, as_files
from iac.typed import KEY, TypeContract, changed_ids

MAP = {
    "name": "Map of orders",
    "type": "STANDARD",
    "apiKey": "dkuaps-abcdefghijklmnopqrstuvwxyz012345",
    "params": {
        "html": "<div id='map'></div>",
        "css": "",
        "js": "const token = 'not searched';",
        "python": "from flask import Flask\n",
        "envSelection": {"envMode": "EXPLICIT_ENV", "envName": "flask"},
        "nbProcesses": 1,
    },
}
PLUGIN = {
    "name": "From a plugin",
    "type": "webapp_maps_choropleth",
    "config": {"column": "country", "$touchedColumn": True},
}


def change_code(document):
    document["params"]["js"] = document["params"].get("js", "") + "\nstart();"


class TestWebApp(TypeContract):
    """Web apps, which DSS cannot delete."""

    resource_type = "web_app"
    kind = WEB_APP
    objects: ClassVar[dict[str, Any]] = {"Wa12Bb3": MAP, "Pl45Gg6": PLUGIN}
    path = "webapps/{id}"
    listing = "webapps/"
    edits = (
        change_code,
        lambda document: document["config"].update(column="city"),
    )
    noise = (
        lambda document: document.update(apiKey="dkuaps-other"),
        lambda document: document["config"].update({"$touchedOther": True}),
        lambda document: document["params"].update(
            nbProcesses=1, hideJSSecurityPanel=False, css=""
        ),
    )

    def test_key_is_in_no_state_and_code_is(self, manager):
        """DSS makes the key; code is not searched for secrets."""
        text = str(manager.load_state().to_dict())
        assert "dkuaps" not in text
        assert "const token = 'not searched'" in text

    def test_references(self, manager):
        """A web app runs in an environment."""
        app = manager.load_state()[self.resource_id("Wa12Bb3")]
        assert [item.name for item in references_of(app)] == ["python/flask"]

    def test_none_can_be_deleted(self, client):
        """DSS has no such call."""
        with pytest.raises(Exception, match="not supported"):
            client._perform_empty("DELETE", f"/projects/{KEY}/webapps/Wa12Bb3")

    def test_new_one_shows(self, manager, client):
        """The id in the request does not count."""
        made = client._perform_json(
            "POST",
            f"/projects/{KEY}/webapps/",
            body={"name": "New", "type": "DASH", "id": "chosen"},
        )
        assert changed_ids(manager) == [self.resource_id(made["webAppId"])]


def test_code_is_loaded_from_files_of_its_own(serve):
    store = ProjectStore()
    files = as_files({"web_apps/Wa12Bb3.json": {"type": "STANDARD", "name": "Map"}})
    store.load_files(
        "P", {**FILES, **files, "web_apps/Wa12Bb3/backend.py": b"print(1)\n"}
    )
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        served = client._perform_json("GET", "/projects/P/webapps/Wa12Bb3")
    assert served["params"]["python"] == "print(1)\n"


@pytest.mark.parametrize("member", ["autoStartBackend", "nbProcesses", "infra"])
def test_how_it_runs_is_left_to_each_environment(member):
    assert is_environment_specific("web_app", ("params", member))
