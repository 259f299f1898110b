"""What is in the flow beside recipes: datasets, managed folders, and zones."""

from iac.oracle.tables import DISPLAYED_STATE, Files, Rules, content_of_each

NO_LOOP = {
    "enabled": False,
    "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
    "replacements": [],
}
DATASET = Rules(
    noise=DISPLAYED_STATE + "params/uploadBoxId schema/userModified",
    defaults={
        "featureGroup": False,
        "typeSystemVersion": "V1",
        "dkuProperties": [],
        "customFields": {},
        "flowOptions/ignoreErrorStatusOnBuild": False,
        "params/sparkJdbcAccess": "NONE",
        "params/numPartitions": -1,
        "params/variablesExpansionLoopConfig": NO_LOOP,
        # An upgrade renames the former to the latter.
        "metricsChecks/runOnBuild": False,
        "metricsChecks/monitor": False,
    },
)
# Folders have the flow options and the file settings of datasets.
MANAGED_FOLDER = Rules(
    noise=DISPLAYED_STATE,
    defaults={
        "customFields": {},
        "flowOptions/ignoreErrorStatusOnBuild": False,
        "params/variablesExpansionLoopConfig": NO_LOOP,
    },
)
FLOW_ZONE = Rules(
    # Where the zone is drawn, and how large.
    noise="position",
    defaults={
        "items": {},
        "shared": {},
        "customFields": {},
        "checklists": {"checklists": []},
    },
    sets="items shared",
)


def datasets(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each dataset."""
    return content_of_each(files, "datasets", DATASET)


def managed_folders(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each managed folder."""
    return content_of_each(files, "managed_folders", MANAGED_FOLDER)


def flow_zones(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each zone; ``default`` has a file, too."""
    return content_of_each(files, "zones", FLOW_ZONE)
