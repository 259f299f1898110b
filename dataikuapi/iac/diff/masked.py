"""Compares masked values: they are equal, different, or not comparable."""

from collections.abc import Iterable
from typing import NamedTuple, cast

from dataikuapi.iac.models.changes import Change, ValueChangeType
from dataikuapi.iac.models.diff import MaskedValues
from dataikuapi.iac.models.json_values import (
    JSON,
    canonical_bytes,
    equal_bytes,
    json_equal,
)
from dataikuapi.iac.models.markers import (
    ENCRYPTED,
    MARKER,
    SECRET,
    holds_marker,
    marked_values,
)
from dataikuapi.iac.types.lookup import redacted
from dataikuapi.iac.types.secrets import mask_alike

__all__ = ["Comparable", "comparable", "count_masked"]

Attributes = dict[str, JSON]

_CONSTANTS = (SECRET.encode(), ENCRYPTED.encode())


class Comparable(NamedTuple):
    """Two configurations, in which markers that differ prove that the secrets do.

    Args:
        old: the earlier attributes.
        new: the later attributes.
        is_equal: whether they are equal.
        data: the later attributes as JSON, if there may be markers in them.
        is_other_key: whether secrets were masked with different keys.
    """

    old: Attributes
    new: Attributes
    is_equal: bool
    data: bytes = b""
    is_other_key: bool = False

    @classmethod
    def of_equal(cls, old: Attributes, new: Attributes, data: bytes) -> "Comparable":
        """Return two configurations that are equal, and the JSON of both."""
        return cls(old, new, True, data if holds_marker(data) else b"")


def comparable(resource_type: str, old: Attributes, new: Attributes) -> Comparable:
    """Prepare two configurations for comparison.

    Digests from different secret keys say nothing about the secrets, so both are
    replaced by the constant marker. What an older release left in clear text in one of
    the states is masked, and so is a setting that it masked there.

    Args:
        resource_type: of the resource.
        old: the earlier attributes; not modified.
        new: the later attributes; not modified.
    """
    data = equal_bytes(old, new)
    if data is not None:
        return Comparable.of_equal(old, new, data)
    if not any(holds_marker(canonical_bytes(side)) for side in (old, new)):
        return Comparable(old, new, is_equal=False)
    old, new = redacted(resource_type, old), redacted(resource_type, new)
    old, new = mask_alike(old, new)
    kept = _comparable_markers(old, new)
    before = cast(Attributes, _without_other_keys(old, kept))
    after = cast(Attributes, _without_other_keys(new, kept))
    return Comparable(
        before,
        after,
        is_equal=json_equal(before, after),
        data=canonical_bytes(after),
        is_other_key=not (json_equal(before, old) and json_equal(after, new)),
    )


def count_masked(compared: Comparable, changes: Iterable[Change] = ()) -> MaskedValues:
    """Count the secrets in both configurations that cannot be compared.

    Args:
        compared: the configurations.
        changes: the differences between them. Added values are not counted, since there
            is nothing to compare them with.
    """
    if not compared.data:
        return MaskedValues()
    added: list[JSON] = [
        change.new for change in changes if change.kind is ValueChangeType.ADDED
    ]
    not_in_both = canonical_bytes(added) if added else b""
    secrets, encrypted = (
        compared.data.count(marker) - not_in_both.count(marker) for marker in _CONSTANTS
    )
    if compared.is_other_key:
        return MaskedValues(other_key=secrets, encrypted=encrypted)
    return MaskedValues(without_key=secrets, encrypted=encrypted)


def _markers(value: JSON) -> dict[str, str | None]:
    """Return the markers in a value, with their key ids."""
    return {
        match[0]: match["key_id"]
        for text in marked_values(value)
        for match in MARKER.finditer(text)
    }


def _comparable_markers(old: Attributes, new: Attributes) -> set[str]:
    """Return the markers that are in both, or whose key was used for both."""
    before, after = _markers(old), _markers(new)
    key_ids = set(before.values()) & set(after.values()) - {None}
    return {
        marker
        for marker, key_id in {**before, **after}.items()
        if key_id in key_ids or (marker in before and marker in after)
    }


def _without_other_keys(value: JSON, kept: set[str]) -> JSON:
    if isinstance(value, dict):
        return {key: _without_other_keys(item, kept) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_other_keys(item, kept) for item in value]
    if isinstance(value, str) and "<secret:" in value:
        return MARKER.sub(lambda match: match[0] if match[0] in kept else SECRET, value)
    return value
