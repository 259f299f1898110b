"""What is in ``saved_models``, and evaluation stores.

Agents and retrieval-augmented LLMs are kept as saved models of a type of their own.
"""

import json
from functools import lru_cache

from iac.oracle.tables import (
    DISPLAYED_STATE,
    Files,
    Rules,
    comparable,
    content_of,
    content_of_each,
    in_folder,
    rows_in,
)

# The active version counts: it is what a training changes for those who use the model.
SAVED_MODEL = Rules(
    noise=DISPLAYED_STATE + """
    lastTrainIndex lastTrainJobId lastExportedFrom
    miniTask/predictionDisplayScript miniTask/predictionDisplayCharts
    """,
    defaults={
        "customFields": {},
        "partitioning": {
            "ignoreNonMatchingFile": False,
            "considerMissingRequestedPartitionsAsEmpty": False,
            "dimensions": [],
        },
        "flowOptions/ignoreErrorStatusOnBuild": False,
        "flowOptions": {
            "virtualizable": False,
            "rebuildBehavior": "NORMAL",
            "crossProjectBuildBehavior": "DEFAULT",
        },
        "savedModelType": "DSS_MANAGED",
        "miniTask/labels": [],
        "miniTask/assertionsParams": {"assertions": []},
        "miniTask/time": {"enabled": False, "ascending": True},
        "miniTask/containerSelection": {"containerMode": "INHERIT"},
        "miniTask/calibration": {"calibrationMethod": "NO_CALIBRATION"},
    },
)
# Their files have all of a saved model, but the API only this.
AGENT_KEYS = """
    savedModelType name activeVersion inlineVersions description shortDesc tags
    customFields checklists
    """.split()
AGENT = Rules(
    # The query is what somebody last typed into the test panel, as for agent tools.
    noise="""
    inlineVersions/*/versionTag inlineVersions/*/creationTag
    inlineVersions/*/quickTestQuery
    """,
    defaults={"customFields": {}},
)
EVALUATION_STORE = Rules(
    # What the page of the store shows.
    noise=DISPLAYED_STATE + "displayParams",
    defaults={"governSyncOptOut": False},
)


def saved_models(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each saved model that is neither."""
    return {
        name: content_of(content, SAVED_MODEL)
        for name, content in in_folder(files, "saved_models")
        if not is_agent(content) and not is_rag_model(content)
    }


def agents(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each agent."""
    return {
        name: of_agent(content)
        for name, content in in_folder(files, "saved_models")
        if is_agent(content)
    }


def rag_models(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each retrieval-augmented LLM."""
    return {
        name: of_agent(content)
        for name, content in in_folder(files, "saved_models")
        if is_rag_model(content)
    }


def evaluation_stores(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each evaluation store."""
    return content_of_each(files, "model_evaluation_stores", EVALUATION_STORE)


@lru_cache(maxsize=1_000)
def of_agent(content: bytes) -> bytes:
    """Return the comparable content of an agent or a retrieval-augmented LLM."""
    rows = rows_in(content)
    keys = [(key,) for key in AGENT_KEYS]
    exposed = {path: leaf for path, leaf in rows.items() if path[:1] in keys}
    return comparable(exposed, AGENT)


def is_agent(content: bytes) -> bool:
    """Return whether a saved model is an agent, such as a TOOLS_USING_AGENT."""
    return type_of(content).endswith("_AGENT")


def is_rag_model(content: bytes) -> bool:
    """Return whether a saved model is a retrieval-augmented LLM."""
    return type_of(content) == "RETRIEVAL_AUGMENTED_LLM"


@lru_cache(maxsize=1_000)
def type_of(content: bytes) -> str:
    """Return the type of a saved model; files of older versions do not say it."""
    return str(json.loads(content).get("savedModelType", "DSS_MANAGED"))
