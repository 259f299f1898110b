"""The parts of a project that the API has at paths of their own, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.errors import PartialSettingsError
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS

# What DSS writes into `params.json` for a new project.
DEFAULTS: Mapping[str, Any] = {
    "projectType": "REGULAR",
    "projectAppType": "REGULAR",
    "permissionsVersion": "V2",
    "tutorialProject": False,
    "permissions": [],
    "dashboardAuthorizations": {"allAuthorized": False, "authorizations": []},
    "additionalDashboardUsers": {"users": []},
    "exposedObjects": {"objects": []},
    "settings": {
        "flowAnchorSourcesAndSinks": True,
        "gitCommitMode": "AUTO",
        "useRemoteGit": False,
        "disableAutomaticTriggers": False,
        "integrations": {"integrations": []},
        "codeEnvs": {
            "python": {"mode": "INHERIT", "preventOverride": False},
            "r": {"mode": "INHERIT", "preventOverride": False},
        },
        "container": {"containerMode": "INHERIT"},
        "cluster": {"clusterMode": "INHERIT"},
        "k8sCluster": {"clusterMode": "INHERIT"},
        "dkuProperties": [],
    },
    "shortDesc": "",
    "tags": [],
    "customFields": {},
    "checklists": NO_CHECKLISTS,
}

# Metadata that a PUT without them resets. Not `label`: a project keeps its name.
_METADATA = ("shortDesc", "tags", "customFields", "checklists")

_BUNDLE_SETTINGS = ("bundleExporterSettings", "bundleContainerSettings")

_PERMISSIONS = (
    "owner",
    "permissions",
    "dashboardAuthorizations",
    "additionalDashboardUsers",
)


def metadata(params: Document) -> Document:
    """Return the metadata: the display name is its label."""
    parts = {name: params[name] for name in _METADATA}
    if "description" in params:
        parts["description"] = params["description"]
    return {"label": params["name"], **parts}


def with_metadata(params: Document, body: Any) -> Document:
    """Return the project with other metadata; unknown fields are dropped."""
    sent = documents.without_nulls(documents.required_object(body, "metadata"))
    parts = {name: sent.get(name, DEFAULTS[name]) for name in _METADATA}
    parts["tags"] = documents.shuffled(documents.tag_list(parts["tags"]))
    parts["name"] = sent.get("label", params["name"])
    kept = {key: value for key, value in params.items() if key != "description"}
    if "description" in sent:
        parts["description"] = sent["description"]
    return {**kept, **parts}


def settings(params: Document) -> Document:
    """Return settings and exposed objects; permissions are not among them.

    Nobody has seen where the API has the settings of bundles. Here it has them where a
    project has any.
    """
    names = ("settings", "exposedObjects", *_BUNDLE_SETTINGS)
    return {name: params[name] for name in names if name in params}


def with_settings(params: Document, body: Any) -> Document:
    """Return the project with other settings, exposed objects and bundle settings.

    Raises:
        PartialSettingsError: there is no `settings` in the body.
    """
    sent = documents.required_object(body, "project settings")
    if not isinstance(sent.get("settings"), dict):
        raise PartialSettingsError("settings is null")
    exposed = documents.required_object(
        sent.get("exposedObjects") or DEFAULTS["exposedObjects"], "exposedObjects"
    )
    bundles = {name: sent[name] for name in _BUNDLE_SETTINGS if name in sent}
    return {
        **params,
        "settings": sent["settings"],
        "exposedObjects": exposed,
        **documents.without_nulls(bundles),
    }


def permissions(params: Document) -> Document:
    """Return the permissions, with the owner."""
    return {name: params[name] for name in _PERMISSIONS}


def with_permissions(params: Document, body: Any) -> Document:
    """Return the project with other permissions, as a whole; an owner is mandatory."""
    sent = documents.without_nulls(documents.required_object(body, "permissions"))
    documents.required_text(sent, "owner", "permissions")
    parts = {name: sent.get(name, DEFAULTS.get(name)) for name in _PERMISSIONS}
    return {**params, **parts}


def with_exposed(
    params: Document, object_type: str, old: str, by: list[str]
) -> Document:
    """Return the project with an object that it exposes under other names.

    Args:
        params: of the project.
        object_type: of the object, as DSS calls it.
        old: the name that it is exposed under.
        by: its new name; nothing to expose it no more.
    """
    exposed = params["exposedObjects"]
    objects = [
        kept
        for item in exposed.get("objects", [])
        for kept in (
            [{**item, "localName": name} for name in by]
            if (item.get("type"), item.get("localName")) == (object_type, old)
            else [item]
        )
    ]
    if objects == exposed.get("objects", []):
        return params
    return {**params, "exposedObjects": {**exposed, "objects": objects}}
