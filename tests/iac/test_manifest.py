"""The manifest of a state whose projects are stored apart, and its parts."""

import json

import pytest

from dataikuapi.iac import Resource, State, StateCorruptedError
from dataikuapi.iac.statefile.manifest import (
    Manifest,
    page_count,
    page_of,
    read_page,
    write_page,
)
from dataikuapi.iac.statefile.part_files import (
    PartFile,
    digest_in,
    pack,
    part_problems,
    read_parts,
    unpack,
    write_part,
)
from dataikuapi.iac.statefile.parts import Part, divide
from dataikuapi.iac.statefile.serialization import encode

STATE = State(environment="dev", lineage="a-b", serial=7, extra={"note": "kept"})
STATE.resources = {
    key: Resource("dataset", key, {"rows": 1}) for key in ("dataset.A.x", "dataset.B.y")
}
DIVIDED = encode(STATE, divide).data
MANIFEST = Manifest(DIVIDED.head, ("page", ""), 2, "save-2", ("save-1",), 5)


def document(**changes):
    return json.dumps({**json.loads(MANIFEST.to_bytes()), **changes}).encode()


def test_a_manifest_is_read_as_it_was_written():
    found = Manifest.from_bytes(MANIFEST.to_bytes())
    assert found == MANIFEST and found.to_bytes() == MANIFEST.to_bytes()
    assert found.serial == 7 and found.saves == ("save-2", "save-1")
    assert found.state().extra == {"note": "kept"}


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty"),
        (b"{", "JSON|end|EOF|unexpected"),
        (b"[]", "not the manifest"),
        (b"{}", "not the manifest"),
        (b'{"version": 1, "resources": {}}', "state file"),
        (document(format_version=2), "version 2"),
        (document(state=None), "state"),
        (document(state={"version": 1}), "serial|required"),
        (document(pages=None), "damaged"),
        (document(pages=[]), "damaged"),
        (document(pages=["a", "b", "c"]), "damaged"),
        (document(pages=[1]), "damaged"),
        (document(projects=-1), "damaged"),
        (document(projects=True), "damaged"),
        (document(save_id=3), "damaged"),
        (document(previous=[None]), "damaged"),
        (document(collected="x"), "damaged"),
    ],
)
def test_what_is_no_manifest_is_refused(data, reason):
    with pytest.raises(StateCorruptedError, match=reason):
        Manifest.from_bytes(data)


def test_a_page_is_read_as_it_was_written():
    page = {"SHOP": "b", "@instance": "a"}
    assert read_page(write_page(page)) == page
    for data in (b"[]", b'{"SHOP": 1}', b"?"):
        with pytest.raises(StateCorruptedError):
            read_page(data)


def test_projects_are_spread_over_the_pages():
    """And which page a project is on never changes: others have stored it there."""
    assert [page_of(key, 32) for key in ("SHOP", "@instance", "Ä")] == [20, 28, 28]
    counts = [0] * 32
    for number in range(2_000):
        counts[page_of(f"PROJECT_{number}", 32)] += 1
    assert min(counts) > 30 and max(counts) < 100


def test_the_index_grows_with_the_square_root_of_the_projects():
    assert [page_count(n) for n in (0, 1, 4, 5, 2_000, 5_000)] == [1, 1, 1, 2, 32, 64]
    assert page_count(1, at_least=16) == 16


def test_a_state_is_built_of_its_parts():
    files = [PartFile(key, write_part(part)) for key, part in DIVIDED.projects.items()]
    assert read_parts(DIVIDED.head, reversed(files)) == STATE
    assert list(read_parts(DIVIDED.head, files[:1]).resources) == ["dataset.A.x"]


def test_the_same_part_gives_the_same_bytes_and_name():
    data = write_part(DIVIDED.projects["A"])
    assert pack(data) == pack(data) and unpack(pack(data), digest_in(data)) == data
    for stored, digest in ((b"?", digest_in(data)), (pack(data), "0" * 32)):
        with pytest.raises(StateCorruptedError):
            unpack(stored, digest)


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"resources": {}}',
        b'{"resources": {}, "scope": null, "ids": 1}',
        b'{"resources": {}, "scope": 1, "ids": {}}',
        b'{"resources": {"dataset.A.x": {}}, "scope": null, "ids": {}}',
        b'{"resources": {}, "scope": [{"project": 1}], "ids": {}}',
        b'{"resources": {"dataset.A.x": NaN}, "scope": null, "ids": {}}',
    ],
)
def test_what_is_no_part_is_refused(data):
    with pytest.raises(StateCorruptedError, match="s3://here is not valid"):
        read_parts(DIVIDED.head, [PartFile("s3://here", data)])
    assert part_problems(DIVIDED.head, "A", data)


def test_what_is_wrong_with_a_part_is_told():
    good = DIVIDED.projects["A"]
    assert part_problems(DIVIDED.head, "A", write_part(good)) == []
    (stray,) = part_problems(DIVIDED.head, "B", write_part(good))
    assert "another project" in stray
    entry = {**good.resources["dataset.A.x"], "attributes": {"rows": 2}}
    bad = Part({"dataset.A.x": entry}, None, {})
    assert "checksum" in str(part_problems(DIVIDED.head, "A", write_part(bad)))
