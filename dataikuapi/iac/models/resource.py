"""Resources: one DSS object each, with its configuration and metadata."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, cast

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.ids import ResourceId, is_id_of
from dataikuapi.iac.models.json_values import (
    JSON,
    MAX_DEPTH,
    checksum,
    copy_json,
    find_unsupported,
    json_equal,
)
from dataikuapi.iac.models.times import as_utc, format_time, parse_time, utc_now

__all__ = ["UNKNOWN_USER", "Resource", "ResourceMetadata"]

UNKNOWN_USER = "system"
"""Recorded as the reader of a resource until it is known who read it."""


@dataclass
class ResourceMetadata:
    """Metadata of a resource; a difference here is not a change to the resource.

    Args:
        deployed_at: when it was read from DSS, or written to it. Naive means UTC.
        deployed_by: login of the user, or id of the API key, that did it;
            :data:`UNKNOWN_USER` if that is not known.
        dataiku_internal_id: by which DSS addresses the object inside its project: the
            name or the generated id; of a project, its key.
        checksum: SHA-256 of the attributes as 64 hex digits; "" if not yet computed.
        last_modified_by: login of the last editor, as reported by DSS.
        last_modified_at: time of the last edit, as reported by DSS.
        version_number: how often DSS has saved the object.
        created_at: when the object was created in DSS. It differs if the object was
            deleted and recreated under the same name.
        serial: in which version of the state this object alone was last stored;
            ``None`` if it was stored with all objects of its type and project.
        extra: keys in the state file that this version does not know; preserved.
    """

    deployed_at: datetime
    deployed_by: str
    dataiku_internal_id: str | None = None
    checksum: str = ""
    last_modified_by: str | None = None
    last_modified_at: datetime | None = None
    version_number: int | None = None
    created_at: datetime | None = None
    serial: int | None = None
    extra: dict[str, JSON] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Convert times to UTC, and copy what the caller passed."""
        for name in _TIMES:
            time = getattr(self, name)
            if time is not None:
                setattr(self, name, as_utc(time))
        self.extra = cast(dict[str, JSON], copy_json(self.extra))

    def is_saved_after(self, earlier: "ResourceMetadata") -> bool:
        """Return whether DSS saved the object since, by its version tag.

        The time decides; at the same time, or where one is unknown, the version number.
        """
        before, after = earlier.last_modified_at, self.last_modified_at
        if before is not None and after is not None and before != after:
            return after > before
        old, new = earlier.version_number, self.version_number
        if old is not None and new is not None:
            return new > old
        return before is None and old is None

    def to_dict(self) -> dict[str, JSON]:
        """Return the ``metadata`` object of the state file, as a copy."""
        document: dict[str, JSON] = {
            "deployed_at": format_time(self.deployed_at),
            "deployed_by": self.deployed_by,
            "checksum": self.checksum,
            "dataiku_internal_id": self.dataiku_internal_id,
        }
        if self.last_modified_by is not None:
            document["last_modified_by"] = self.last_modified_by
        if self.last_modified_at is not None:
            document["last_modified_at"] = format_time(self.last_modified_at)
        if self.version_number is not None:
            document["version_number"] = self.version_number
        if self.created_at is not None:
            document["created_at"] = format_time(self.created_at)
        if self.serial is not None:
            document["serial"] = self.serial
        if self.extra:
            document.update(cast(dict[str, JSON], copy_json(self.extra)))
        return document

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ResourceMetadata":
        """Build it from a ``metadata`` object; the inverse of :meth:`to_dict`.

        Raises:
            ValueError: if a required key is missing or a time is invalid.
        """
        return cls._from_dict_nocopy(cast(dict[str, Any], copy_json(data)))

    @classmethod
    def _from_dict_nocopy(cls, data: dict[str, Any]) -> "ResourceMetadata":
        """Like :meth:`from_dict`, but take over the object instead of copying it."""
        # Bypass __init__, which copies, and avoid a loop: a state has many of these.
        metadata, get = cls.__new__(cls), data.get
        try:
            metadata.deployed_at = parse_time(data["deployed_at"])
            metadata.deployed_by = data["deployed_by"]
        except KeyError as missing:
            raise ValueError(f"resource metadata lacks {missing.args[0]}") from None
        modified, created = get("last_modified_at"), get("created_at")
        metadata.dataiku_internal_id = get("dataiku_internal_id")
        metadata.checksum = get("checksum", "")
        metadata.last_modified_by = get("last_modified_by")
        metadata.last_modified_at = None if modified is None else parse_time(modified)
        metadata.version_number = get("version_number")
        metadata.created_at = None if created is None else parse_time(created)
        metadata.serial = get("serial")
        metadata.extra = (
            {}
            if _FIELD_NAMES.issuperset(data)
            else {
                name: value for name, value in data.items() if name not in _FIELD_NAMES
            }
        )
        return metadata


_TIMES = ("deployed_at", "last_modified_at", "created_at")
_FIELD_NAMES = frozenset(item.name for item in fields(ResourceMetadata)) - {"extra"}


def _default_metadata() -> ResourceMetadata:
    return ResourceMetadata(deployed_at=utc_now(), deployed_by=UNKNOWN_USER)


@dataclass(repr=False)
class Resource:
    """One DSS object as recorded in a state.

    Attributes and metadata are copied, so later changes to the caller's objects, or to
    what the client returned, do not affect it.

    Args:
        resource_type: e.g. ``dataset``.
        resource_id: ``{type}.{PROJECT_KEY}`` or ``{type}.{PROJECT_KEY}.{name}``.
        attributes: the configuration, under the field names that DSS uses.
        metadata: by default, deployed now by "system". An empty checksum is filled in.
        extra: keys in the state file that this version does not know; preserved.

    Raises:
        ValueError: if the id is malformed or of another type.
        UnsupportedValueError: if an attribute is not JSON, so it has no checksum.

    Example:
        .. code-block:: python

            orders = Resource("dataset", "dataset.SHOP.orders", {"type": "PostgreSQL"})
    """

    resource_type: str
    resource_id: str
    attributes: dict[str, JSON] = field(default_factory=dict)
    metadata: ResourceMetadata = field(default_factory=_default_metadata)
    extra: dict[str, JSON] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Check the id, copy what the caller passed, and fill in the checksum."""
        _check_id(self.resource_type, self.resource_id)
        self.attributes = self._copy_attributes()
        self.extra = cast(dict[str, JSON], copy_json(self.extra))
        self.metadata = replace(self.metadata)
        if not self.metadata.checksum:
            self.metadata.checksum = self.compute_checksum()

    def _copy_attributes(self) -> dict[str, JSON]:
        try:
            return cast(dict[str, JSON], copy_json(self.attributes))
        except RecursionError as error:
            raise UnsupportedValueError(
                f"{self.resource_id}: attributes: nested deeper than {MAX_DEPTH}"
            ) from error

    def __eq__(self, other: object) -> bool:
        """Return whether everything is equal; 1 and true differ, as their checksums."""
        if not isinstance(other, Resource):
            return NotImplemented
        return (
            self.resource_id == other.resource_id
            and self.metadata == other.metadata
            and self.extra == other.extra
            and self.attributes == other.attributes
            and json_equal(self.attributes, other.attributes)
        )

    __hash__ = None  # type: ignore[assignment]  # It can be modified.

    def __repr__(self) -> str:
        """Return a one-line summary, without attribute values."""
        editor = self.metadata.last_modified_by
        by = f", last edited by {editor}" if editor else ""
        return f"<Resource {self.resource_id}: {len(self.attributes)} attributes{by}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from dataikuapi.iac.reports.notebook import resource_html

        return resource_html(self)

    @property
    def project_key(self) -> str:
        """The key of the project that the object is or belongs to."""
        return ResourceId.parse(self.resource_id).project_key

    @property
    def resource_name(self) -> str:
        """The name inside the project; "" for the project itself."""
        return ResourceId.parse(self.resource_id).resource_name

    def compute_checksum(self) -> str:
        """Return the SHA-256 of the current attributes, in hex.

        It is the digest of ``json.dumps(attributes, sort_keys=True)``, as in other
        implementations of this state file. ``metadata.checksum`` is not updated.
        """
        try:
            return checksum(self.attributes)
        except (TypeError, RecursionError) as error:
            problem = find_unsupported(self.attributes, "attributes") or str(error)
            raise UnsupportedValueError(f"{self.resource_id}: {problem}") from error

    def has_changed(self, other: "Resource") -> bool:
        """Return whether the configuration differs from another version of it.

        Args:
            other: the same resource at another time.

        Raises:
            ValueError: if it has a different id.
        """
        if self.resource_id != other.resource_id:
            raise ValueError(
                f"cannot compare {self.resource_id!r} with {other.resource_id!r}: "
                "they are different resources"
            )
        return self.compute_checksum() != other.compute_checksum()

    def to_dict(self) -> dict[str, JSON]:
        """Return the entry of the state file, as a copy."""
        entry = self._to_dict_nocopy()
        entry["attributes"] = copy_json(self.attributes)
        return entry

    def _to_dict_nocopy(self) -> dict[str, JSON]:
        """Like :meth:`to_dict`, but share the attributes instead of copying them."""
        return {
            "resource_type": self.resource_type,
            "resource_id": self.resource_id,
            "attributes": self.attributes,
            "metadata": self.metadata.to_dict(),
            **cast(dict[str, JSON], copy_json(self.extra)),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Resource":
        """Build it from an entry of the state file; the inverse of :meth:`to_dict`.

        Raises:
            ValueError: if a required key is missing or a value is invalid.
        """
        return cls._from_dict_nocopy(cast(dict[str, Any], copy_json(data)))

    @classmethod
    def _from_dict_nocopy(cls, data: dict[str, Any]) -> "Resource":
        """Like :meth:`from_dict`, but take over the entry instead of copying it."""
        if not isinstance(data, dict):
            raise ValueError("a resource has to be an object")
        try:
            resource_type, resource_id = data["resource_type"], data["resource_id"]
            attributes, metadata = data["attributes"], data["metadata"]
        except KeyError:
            missing = [name for name in _REQUIRED_KEYS if name not in data]
            raise ValueError(f"resource lacks {', '.join(missing)}") from None
        if not (isinstance(attributes, dict) and isinstance(metadata, dict)):
            raise ValueError("attributes and metadata have to be objects")
        if not is_id_of(resource_type, resource_id):
            _check_id(resource_type, resource_id)
        extra = (
            {key: value for key, value in data.items() if key not in _REQUIRED_KEYS}
            if len(data) > len(_REQUIRED_KEYS)
            else {}
        )
        metadata = ResourceMetadata._from_dict_nocopy(metadata)
        return cls._from_parts(resource_type, resource_id, attributes, metadata, extra)

    @classmethod
    def _from_parts(
        cls,
        resource_type: str,
        resource_id: str,
        attributes: dict[str, JSON],
        metadata: ResourceMetadata,
        extra: dict[str, JSON] | None = None,
    ) -> "Resource":
        """Build a resource from parts that it takes ownership of; nothing is copied.

        The id is not checked. Used when reading many resources from DSS or a file.
        """
        resource = cls.__new__(cls)
        resource.resource_type = resource_type
        resource.resource_id = resource_id
        resource.attributes = attributes
        resource.extra = {} if extra is None else extra
        resource.metadata = metadata
        if not metadata.checksum:
            metadata.checksum = resource.compute_checksum()
        return resource


def _check_id(resource_type: str, resource_id: str) -> None:
    found = str(resource_id).partition(".")[0]
    if found != resource_type:
        raise ValueError(
            f"Invalid {resource_type} resource_id {str(resource_id)[:200]!r}: it "
            f"begins with {found[:40]!r}"
        )
    ResourceId.parse(resource_id)


_REQUIRED_KEYS = ("resource_type", "resource_id", "attributes", "metadata")
