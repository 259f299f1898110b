"""Which part of what DSS tells of a project is its configuration?

DSS spreads a project over several documents: its name, descriptions, tags and
checklists are in ``/metadata``, not in ``/settings``.
"""

from typing import Any, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.cleaning import (
    IGNORED_IN_ALL,
    drop_paths,
    normalize_numbers,
    sorted_tags,
)
from dataikuapi.iac.types.secrets import Redactor, redact, redact_constant

__all__ = ["project_attributes"]


def project_attributes(
    summary: dict[str, Any],
    metadata: dict[str, Any],
    settings: dict[str, Any],
    permissions: dict[str, Any] | None,
    redactor: Redactor = redact_constant,
) -> dict[str, JSON]:
    """Return the configuration of a project; the arguments are not changed.

    Args:
        summary: ``GET /projects/KEY``, or an item of ``GET /projects/``.
        metadata: ``GET /projects/KEY/metadata``.
        settings: ``GET /projects/KEY/settings``.
        permissions: ``GET /projects/KEY/permissions``; ``None`` where the key has no
            right to read them. The attribute is then missing, which means "unknown":
            see :data:`~dataikuapi.iac.models.resource.UNKNOWN_WHEN_MISSING`.
        mask: what stands for a secret.

    Returns:
        A new dict that shares nothing with the documents.
    """
    attributes: dict[str, Any] = {
        "projectKey": summary["projectKey"],
        "name": metadata.get("label") or settings.get("name") or "",
        "description": metadata.get("description") or "",
        "shortDesc": metadata.get("shortDesc") or "",
        "tags": sorted_tags(metadata.get("tags") or []),
        "checklists": metadata.get("checklists") or {"checklists": []},
        "customFields": metadata.get("customFields") or {},
        "projectStatus": summary.get("projectStatus"),
        "settings": settings.get("settings") or {},
        "exposedObjects": settings.get("exposedObjects") or {"objects": []},
    }
    if permissions is not None:
        attributes["permissions"] = permissions
    cleaned = drop_paths(
        cast(dict[str, JSON], normalize_numbers(attributes)), IGNORED_IN_ALL
    )
    return cast(dict[str, JSON], redact(cleaned, redactor))
