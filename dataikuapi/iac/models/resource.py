"""Resource: one object of DSS, its configuration and where it comes from."""

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
)
from dataikuapi.iac.models.times import as_utc, format_time, parse_time, utc_now

__all__ = ["Resource", "ResourceMetadata"]


@dataclass
class ResourceMetadata:
    """Where a resource comes from; nothing here counts as a change of it.

    Args:
        deployed_at: when it was read from DSS, or written to it. Naive means UTC.
        deployed_by: by whom.
        dataiku_internal_id: the id that DSS generates, for types that have one.
        checksum: SHA-256 of the attributes as 64 hex digits; "" until it is known.
        last_modified_by: login of the last editor, as DSS has it.
        last_modified_at: time of the last edit, as DSS has it.
        version_number: how often DSS saved the object.
        created_at: when the object was created in DSS; another time if it was deleted
            and created again under the same name.
        extra: keys of a state file that this version does not know; kept as they are.
    """

    deployed_at: datetime
    deployed_by: str
    dataiku_internal_id: str | None = None
    checksum: str = ""
    last_modified_by: str | None = None
    last_modified_at: datetime | None = None
    version_number: int | None = None
    created_at: datetime | None = None
    extra: dict[str, JSON] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Convert times to UTC, and copy what the caller passed."""
        for name in _TIMES:
            moment = getattr(self, name)
            if moment is not None:
                setattr(self, name, as_utc(moment))
        self.extra = cast(dict[str, JSON], copy_json(self.extra))

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
        if self.extra:
            document.update(cast(dict[str, JSON], copy_json(self.extra)))
        return document

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ResourceMetadata":
        """Build it from a ``metadata`` object; the inverse of :meth:`to_dict`.

        Raises:
            ValueError: if a required key is missing or a time is not one.
        """
        return cls._from_dict_nocopy(cast(dict[str, Any], copy_json(data)))

    @classmethod
    def _from_dict_nocopy(cls, data: dict[str, Any]) -> "ResourceMetadata":
        """Like :meth:`from_dict`, but take the object over instead of copying it."""
        # Neither __init__, which would copy, nor a loop: a state has many of these.
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
        metadata.extra = (
            {}
            if _NAMES.issuperset(data)
            else {name: value for name, value in data.items() if name not in _NAMES}
        )
        return metadata


_TIMES = ("deployed_at", "last_modified_at", "created_at")
_NAMES = frozenset(item.name for item in fields(ResourceMetadata)) - {"extra"}


def _now_by_system() -> ResourceMetadata:
    return ResourceMetadata(deployed_at=utc_now(), deployed_by="system")


@dataclass(repr=False)
class Resource:
    """One object of DSS, as the state has it.

    It is a value: attributes and metadata are copied, so it does not change with the
    caller's objects or with what the client returned.

    Args:
        resource_type: e.g. ``dataset``.
        resource_id: ``{type}.{PROJECT_KEY}`` or ``{type}.{PROJECT_KEY}.{name}``.
        attributes: the configuration, with the names that DSS gives its fields.
        metadata: where it comes from; now and by "system" when omitted. A missing
            checksum is computed.
        extra: keys of a state file that this version does not know; kept as they are.

    Raises:
        ValueError: if the id is malformed or of another type.
        UnsupportedValueError: if an attribute has no checksum, as it is not JSON.

    Example:
        .. code-block:: python

            orders = Resource("dataset", "dataset.SHOP.orders", {"type": "PostgreSQL"})
    """

    resource_type: str
    resource_id: str
    attributes: dict[str, JSON] = field(default_factory=dict)
    metadata: ResourceMetadata = field(default_factory=_now_by_system)
    extra: dict[str, JSON] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Check the id, copy what the caller passed, and compute the checksum."""
        _check_id(self.resource_type, self.resource_id)
        self.attributes = self._own_attributes()
        self.extra = cast(dict[str, JSON], copy_json(self.extra))
        self.metadata = replace(self.metadata)
        if not self.metadata.checksum:
            self.metadata.checksum = self.compute_checksum()

    def _own_attributes(self) -> dict[str, JSON]:
        try:
            return cast(dict[str, JSON], copy_json(self.attributes))
        except RecursionError as error:
            raise UnsupportedValueError(
                f"{self.resource_id}: attributes: nested deeper than {MAX_DEPTH}"
            ) from error

    def __repr__(self) -> str:
        """Return a summary in one line, without values of attributes."""
        editor = self.metadata.last_modified_by
        by = f", last edited by {editor}" if editor else ""
        return f"<Resource {self.resource_id}: {len(self.attributes)} attributes{by}>"

    @property
    def project_key(self) -> str:
        """The key of the project that the object is, or is in."""
        return ResourceId.parse(self.resource_id).project_key

    @property
    def resource_name(self) -> str:
        """The name inside the project; "" for a project."""
        return ResourceId.parse(self.resource_id).resource_name

    def compute_checksum(self) -> str:
        """Return the SHA-256 of the attributes as they are now, in hex.

        It is that of ``json.dumps(attributes, sort_keys=True)``, as in other
        implementations of this state file; ``metadata.checksum`` does not change.
        """
        try:
            return checksum(self.attributes)
        except (TypeError, RecursionError) as error:
            problem = find_unsupported(self.attributes, "attributes") or str(error)
            raise UnsupportedValueError(f"{self.resource_id}: {problem}") from error

    def has_changed(self, other: "Resource") -> bool:
        """Return whether the two configurations differ.

        Args:
            other: the same object at another time.

        Raises:
            ValueError: if it is not the same object.
        """
        if self.resource_id != other.resource_id:
            raise ValueError(
                f"cannot compare {self.resource_id!r} with {other.resource_id!r}: "
                "two objects, not one at two times"
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
        """Like :meth:`from_dict`, but take the entry over instead of copying it."""
        try:
            resource_type, resource_id = data["resource_type"], data["resource_id"]
            attributes, metadata = data["attributes"], data["metadata"]
        except KeyError:
            missing = [name for name in _ENTRY if name not in data]
            raise ValueError(f"resource lacks {', '.join(missing)}") from None
        if not is_id_of(resource_type, resource_id):
            _check_id(resource_type, resource_id)
        extra = (
            {key: value for key, value in data.items() if key not in _ENTRY}
            if len(data) > len(_ENTRY)
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
        """Build a resource from parts that nothing else refers to, without copying.

        The id is not checked. For reading many resources, from DSS or a file.
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


_ENTRY = ("resource_type", "resource_id", "attributes", "metadata")
