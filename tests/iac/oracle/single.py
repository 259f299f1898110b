"""What a project has one of: variables, application manifest, palette of tags."""

import json

from iac.oracle.tables import Files, Rules, as_bytes, content_of, rows_in

APP_MANIFEST = Rules(noise="imgPattern imgColor showInitials")


def variables(files: Files) -> dict[str, bytes]:
    """Return the standard and the local variables; every project has both.

    Any key may be the name of a variable, so none is noise.
    """
    maps = ("variables.json", "localvariables.json")
    contents = [as_bytes(rows_in(files.get(path, b"{}"))) for path in maps]
    return {"": b"\n--\n".join(contents)}


def app_manifests(files: Files) -> dict[str, bytes]:
    """Return the comparable manifest, if the project is an application."""
    found = files.get("app-manifest.json", b"{}")
    kind = json.loads(files["params.json"]).get("projectAppType", "REGULAR")
    return {} if kind == "REGULAR" else {"": content_of(found, APP_MANIFEST)}


def tag_palettes(files: Files) -> dict[str, bytes]:
    """Return the tags with their colors; every project has a palette."""
    return {"": as_bytes(rows_in(files.get("tags.json", b'{"tags": {}}')))}
