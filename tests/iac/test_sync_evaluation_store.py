"""Reading evaluation stores."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.evaluation_store import EVALUATION_STORE
from iac.typed import TypeContract

QUALITY = {"name": "Quality of churn", "rebuildBehavior": "EXPLICIT"}
OF_AGENTS = {"name": "Helper", "mesFlavor": "AGENT", "governSyncOptOut": False}
OF_LLMS = {"name": "Summaries", "mesFlavor": "LLM"}


def show_charts(document):
    document["displayParams"] = {"charts": [{"type": "lines"}]}


class TestEvaluationStore(TypeContract):
    """Evaluation stores of each flavor; the default list has none of agents."""

    resource_type = "evaluation_store"
    kind = EVALUATION_STORE
    objects: ClassVar[dict[str, Any]] = {
        "Ev12Al34": QUALITY,
        "Ag56En78": OF_AGENTS,
        "Ll90Mm12": OF_LLMS,
    }
    path = "evaluationstores/{id}"
    listing = "evaluationstores/"
    edits = (
        lambda document: document.update(name=document["name"] + "!"),
        lambda document: document["metrics"]["probes"].append({"type": "x"}),
    )
    noise = (show_charts, lambda document: document.update(governSyncOptOut=False))
