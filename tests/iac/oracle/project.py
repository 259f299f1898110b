"""What of a project is in ``params.json``, and how the API exposes it."""

import json
from functools import lru_cache

from iac.oracle.tables import Files, Rules, comparable, rows_of, unordered

KEYS = """
    name shortDesc description tags checklists customFields projectStatus settings
    exposedObjects permissions owner dashboardAuthorizations additionalDashboardUsers
    projectAppType bundleExporterSettings bundleContainerSettings
    """.split()
PROJECT = Rules(
    defaults={
        "shortDesc": "",
        "description": "",
        "customFields": {},
        "checklists": {"checklists": []},
        "exposedObjects": {"objects": []},
    },
    sets="""
    exposedObjects/objects/*/rules exposedObjects/objects permissions
    dashboardAuthorizations/authorizations/*/modes
    dashboardAuthorizations/authorizations additionalDashboardUsers/users
    """,
)


def projects(files: Files) -> dict[str, bytes]:
    """Return the comparable content of the project itself."""
    return {"": of_project(files["params.json"])}


@lru_cache(maxsize=1_000)
def of_project(content: bytes) -> bytes:
    """Return the comparable content of ``params.json`` that the API exposes."""
    params = json.loads(content)
    for path in PROJECT.sets.split():
        params = unordered(params, path.split("/"))
    rows = rows_of({key: params[key] for key in KEYS if key in params})
    return comparable(rows, PROJECT)
