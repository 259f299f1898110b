"""How a model is trained: an ML task has it, and a saved model keeps that of its task.

Paths are those in an ML task.
"""

from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Path, Severities
from dataikuapi.iac.types.cleaning import ANY, Constants, Volatile

__all__ = ["CODE", "CONSTANTS", "SEVERITIES", "VOLATILE"]

_REFRESHER = "a counter that draws another sample: 34 edits, 27 of nothing else"
_SHOWN = "which results the page shows"

VOLATILE: Volatile = {
    ("splitParams", "instanceIdRefresher"): _REFRESHER,
    ("sampling", "instanceIdRefresher"): _REFRESHER,
    ("predictionDisplayScript",): f"{_SHOWN}: 24 edits",
    ("predictionDisplayCharts",): f"{_SHOWN}: 35 edits",
}
"""What is not configuration, by the reason."""

# Added by upgrades, always with these values: 5 to 8 edits in 5 to 6 repositories.
CONSTANTS: Constants = {
    ("assertionsParams",): ({"assertions": []},),
    ("time",): ({"enabled": False, "ascending": True},),
    ("containerSelection",): ({"containerMode": "INHERIT"},),
    ("calibration",): ({"calibrationMethod": "NO_CALIBRATION"},),
}
"""Values that mean the same as a missing member."""

CODE: frozenset[Path] = frozenset(
    {
        ("modeling", "custom_python", "code"),
        ("modeling", "custom_mllib", "code"),
        ("preprocessing", "customCode"),
        ("preprocessing", "per_feature", ANY, "customHandlingCode"),
        ("preprocessing", "feature_selection_params", "custom_params", "code"),
    }
)
"""Where there are scripts, which are not searched for secrets."""

SEVERITIES: Severities = {
    ("modeling",): Severity.CODE,
    ("preprocessing",): Severity.CODE,
    ("splitParams",): Severity.CODE,
    ("targetVariable",): Severity.CODE,
    ("envSelection",): Severity.CONNECTION,
    ("containerSelection",): Severity.CONNECTION,
}
"""What a change of a member affects."""
