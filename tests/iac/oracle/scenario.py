"""Scenarios: triggers, steps and reporters, or a script in a file of its own."""

import json

from iac.oracle.tables import Files, Rules, content_of, in_folder

SCENARIO = Rules(
    # Not every file has key and id, but the API always shows them.
    noise="projectKey id triggers/*/params/lastUpdate",
    defaults={
        "markedAsTest": False,
        "customFields": {},
        # The first save by a newer DSS adds these.
        "params/steps/*/maxRetriesOnFail": 0,
        "params/steps/*/delayBetweenRetries": 10,
        "params/steps/*/runConditionType": "RUN_IF_STATUS_MATCH",
        "params/steps/*/runConditionStatuses": ["SUCCESS", "WARNING"],
        "params/steps/*/resetScenarioStatus": False,
        "triggers/*/params/triggerWhenAllFire": False,
        "triggers/*/params/timezone": "SERVER",
        "triggers/*/params/monthlyRunOn": "ON_THE_DAY",
        "triggers/*/params/repeatFrequency": 1,
        "triggers/*/graceDelaySettings": {
            "checkAgainAfterGraceDelay": False,
            "delay": 0,
        },
    },
)


def scenarios(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each scenario."""
    return {
        name: content_of(content, SCENARIO) + b"\n" + script_of(files, name, content)
        for name, content in in_folder(files, "scenarios")
    }


def script_of(files: Files, name: str, content: bytes) -> bytes:
    """Return the script; the file beside a scenario made of steps means nothing."""
    is_script = json.loads(content)["type"] == "custom_python"
    return files.get(f"scenarios/{name}.py", b"") if is_script else b""
