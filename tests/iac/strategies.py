"""Hypothesis strategies for everything that a state can hold."""

from datetime import timezone

from hypothesis import strategies as st

from dataikuapi.iac.models import Resource, ResourceMetadata, State

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=4)
# Names that no version of the format uses, so they are always unknown keys.
EXTRA = st.dictionaries(st.text("XYZ.", min_size=1), JSON_VALUES, max_size=2)
TIMES = st.datetimes(timezones=st.just(timezone.utc))
METADATA = st.builds(
    ResourceMetadata,
    deployed_at=TIMES,
    deployed_by=st.text(max_size=8),
    dataiku_internal_id=st.none() | st.text(max_size=8),
    last_modified_by=st.none() | st.text(max_size=8),
    last_modified_at=st.none() | TIMES,
    version_number=st.none() | st.integers(0, 10**6),
    created_at=st.none() | TIMES,
    extra=EXTRA,
)
IDS = st.from_regex(r"[a-z_]{1,9}\.[^.\n]{1,9}(\.[^\n]{1,20})?", fullmatch=True)
RESOURCES = st.builds(
    lambda resource_id, attributes, metadata, extra: Resource(
        resource_id.partition(".")[0], resource_id, attributes, metadata, extra
    ),
    IDS,
    ATTRIBUTES,
    METADATA,
    EXTRA,
)
STATES = st.builds(
    lambda resources, **fields: State(
        resources={item.resource_id: item for item in resources}, **fields
    ),
    st.lists(RESOURCES, max_size=3),
    serial=st.integers(0, 2**63 - 1),
    lineage=st.none() | st.text(max_size=8),
    environment=st.text(max_size=8),
    updated_at=TIMES,
    extra=EXTRA,
)
