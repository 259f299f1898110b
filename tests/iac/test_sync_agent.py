"""Reading agents."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sandbox.kinds.agent import AGENT
from iac.sandbox.project_files import FILES, as_files
from iac.typed import KEY, OlderServer, TypeContract, changed_ids

VERSION = {
    "versionId": "v1",
    "versionTag": {"versionNumber": 3, "lastModifiedOn": 1700000000000},
    "toolsUsingAgentSettings": {
        "tools": [{"toolRef": "To12Ol3", "additionalDescription": "Look it up"}],
        "llmId": "openai:llm_main:gpt-4o",
    },
    "quickTestQuery": {"messages": []},
}
HELPER = {
    "name": "Helper",
    "type": "TOOLS_USING_AGENT",
    "activeVersion": "v1",
    "versions": [VERSION],
}
CODED = {
    "name": "Coded",
    "type": "PYTHON_AGENT",
    "activeVersion": "v1",
    "versions": [
        {
            "versionId": "v1",
            "pythonAgentSettings": {
                "code": "password = 'x'",
                "codeEnvSelection": {"envName": "agents"},
            },
        }
    ],
}


def try_it(document):
    for version in document["versions"]:
        version["quickTestQuery"] = {"messages": [{"role": "user", "content": "Hi"}]}
        version["versionTag"] = {"versionNumber": 99}


class TestAgent(OlderServer, TypeContract):
    """Agents, which DSS stores as saved models."""

    resource_type = "agent"
    kind = AGENT
    objects: ClassVar[dict[str, Any]] = {"Ag12En34": HELPER, "Ag56En78": CODED}
    path = "agents/{id}"
    listing = "agents"
    edits = (
        lambda document: document["versions"].append({"versionId": "v2"}),
        lambda document: document["tags"].append("new"),
    )
    noise = (
        try_it,
        # DSS drops both without a word.
        lambda document: document.update(name="Other", activeVersion="v9"),
    )

    @pytest.mark.parametrize("name, value", [("name", "Else"), ("activeVersion", "v2")])
    def test_what_other_calls_change_shows(self, manager, shop, name, value):
        """Name and active version are configuration."""
        agents = shop.project(KEY).objects(AGENT)
        agents.save("Ag12En34", {**agents.get("Ag12En34"), name: value}, "ann")
        assert changed_ids(manager) == [self.resource_id("Ag12En34")]

    def test_code_is_not_searched(self, manager):
        """A script may hold anything."""
        assert "password = 'x'" in str(
            manager.load_state()[self.resource_id("Ag56En78")].attributes
        )

    def test_references(self, manager):
        """An agent refers to tools, the connection of its LLM, an environment."""
        assert self.references(manager) == {
            ("agent_tool", "To12Ol3"),
            ("connection", "llm_main"),
            ("code_env", "python/agents"),
        }


def test_agent_is_loaded_from_the_folder_of_saved_models():
    """Git has other names for type and versions."""
    file = {
        "savedModelType": "TOOLS_USING_AGENT",
        "name": "Helper",
        "activeVersion": "v1",
        "inlineVersions": [VERSION],
        "lastTrainIndex": 1,
    }
    store = ProjectStore()
    store.load_files("P", {**FILES, **as_files({"saved_models/Ag12En34.json": file})})
    served = store.project("P").objects(AGENT).get("Ag12En34")
    assert (served["type"], served["versions"]) == ("TOOLS_USING_AGENT", [VERSION])
    assert "lastTrainIndex" not in served
