"""Builds a resource from documents, without I/O, whatever their source."""

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.json_values import JSON, find_unsupported
from dataikuapi.iac.models.resource import UNKNOWN_USER
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.types.base import Documents, ResourceType
from dataikuapi.iac.types.cleaning import metadata_of
from dataikuapi.iac.types.secrets import Redactor, redact_constant

__all__ = ["CANONICAL_FORM", "resource_from"]

CANONICAL_FORM = 1
"""The number of the rules by which documents become attributes.

It changes when they give any object another checksum, so that a checksum which is kept
without the attributes is not compared with one by other rules.
"""


def resource_from(
    resource_type: ResourceType,
    resource_id: ResourceId,
    documents: Documents,
    redactor: Redactor = redact_constant,
) -> Resource:
    """Build a resource from its documents.

    Args:
        resource_type: defines what in the documents is configuration.
        resource_id: of the resource.
        documents: by part, as :meth:`ResourceType.fetch_documents` returns them; not
            modified.
        redactor: replaces each secret.

    Raises:
        UnsupportedValueError: if a value cannot be held exactly in a state.
    """
    try:
        within = redactor.within(str(resource_id))
        attributes = _attributes(resource_type, resource_id, documents, within)
        _require_supported(resource_id, attributes)
    except RecursionError:
        # Raise an error that names what is nested too deep, if a document is.
        _require_supported(resource_id, list(documents.values()))
        raise
    main = documents[resource_type.main]
    metadata = metadata_of(main, read_at=utc_now(), read_by=UNKNOWN_USER)
    # The id by which DSS addresses it: the client's handles have the same as their id.
    # A plain str: the name of a nested object is a subclass.
    metadata.dataiku_internal_id = str(
        resource_id.resource_name or resource_id.project_key
    )
    return Resource._from_parts(
        resource_type.name, str(resource_id), attributes, metadata
    )


def _attributes(
    resource_type: ResourceType,
    resource_id: ResourceId,
    documents: Documents,
    redactor: Redactor,
) -> dict[str, JSON]:
    try:
        return resource_type.attributes(documents, redactor)
    except UnsupportedValueError as error:
        raise UnsupportedValueError(f"{resource_id}: {error}") from error


def _require_supported(resource_id: ResourceId, value: object) -> None:
    problem = find_unsupported(value, "attributes")
    if problem:
        raise UnsupportedValueError(
            f"{resource_id} has a value that a state cannot hold exactly: {problem}. "
            "Change that value"
        )
