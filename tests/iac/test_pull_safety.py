"""Pull never writes outside its folder, nor over what is no file of its own."""

import os
import unicodedata

import pytest

from dataikuapi.iac import SourceError
from dataikuapi.iac.sources import open_files, pull_project
from iac.pulling import KEY, checksums, dataset, files_in, recipe, state_of


@pytest.fixture
def folder(tmp_path):
    """Where the project goes, in a folder of its own."""
    return tmp_path / "outer" / KEY


@pytest.mark.parametrize(
    "name",
    [
        "recipe from notebook user3's Python notebook_4",
        'says "hello"',
        "a.b",
        "a.json",
        "a.py",
        ".hidden",
        "-rf",
        "*",
        "%2e%2e%2f",
        "été",
        unicodedata.normalize("NFD", "été"),
        "東京",
        "🌸",
        "con_",
        "x" * 200,
    ],
)
def test_odd_name_reads_back(folder, name):
    state = state_of(recipe(name, "print(1)"), dataset(name))
    pull_project(state, folder)
    read = checksums(open_files(str(folder)).read())
    assert f"recipe.{KEY}.{name}" in read
    assert f"dataset.{KEY}.{name}" in read
    assert pull_project(state, folder).written == ()
    assert len(pull_project(state_of(), folder).removed) == 3


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "../../outside",
        "/etc/x",
        "a/b",
        "a/../b",
        "..\\x",
        "C:x",
        "a\0b",
        "a\tb",
        "x" * 252,
    ],
)
def test_name_that_is_no_name_of_a_file_is_refused(tmp_path, folder, name):
    with pytest.raises(SourceError, match=r"dataset\.SHOP\..* cannot have a file"):
        pull_project(state_of(dataset("fine"), dataset(name)), folder)
    assert not folder.exists()
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", ["CON", "nul", "com1.x", "Lpt9", "aux "])
def test_name_of_a_device_is_refused(folder, name):
    """With an extension, too: Windows opens the device."""
    with pytest.raises(SourceError, match="device"):
        pull_project(state_of(dataset(name)), folder)


@pytest.mark.parametrize(
    "recipe_type", ["../../x", "a/../../b", "..", "", "x/.git/hooks", "git "]
)
def test_type_of_a_recipe_is_no_path(folder, recipe_type):
    """It is the extension of the payload."""
    with pytest.raises(SourceError, match="cannot have a file"):
        pull_project(state_of(recipe("r", {}, recipe_type)), folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "one, other",
    [
        ("Orders", "orders"),
        ("STRASSE", "straße"),
        ("é", unicodedata.normalize("NFD", "é")),
    ],
)
def test_names_that_are_one_on_other_systems_are_refused(folder, one, other):
    with pytest.raises(SourceError) as raised:
        pull_project(state_of(dataset(one), dataset(other)), folder)
    assert repr(f"datasets/{one}.json") in str(raised.value)
    assert repr(f"datasets/{other}.json") in str(raised.value)
    assert not folder.exists()


def test_object_that_is_renamed_by_case_only(folder):
    pull_project(state_of(dataset("Orders")), folder)
    result = pull_project(state_of(dataset("orders")), folder)
    assert result.removed == ("datasets/Orders.json",)
    assert "datasets/orders.json" in files_in(folder)


def test_file_of_somebody_that_differs_by_case_is_refused(folder):
    pull_project(state_of(), folder)
    (folder / "Params.json").write_text("mine")
    (folder / "datasets").mkdir()
    (folder / "datasets" / "A.JSON").write_text("mine")
    with pytest.raises(SourceError, match=r"datasets/A\.JSON"):
        pull_project(state_of(dataset("a")), folder)


def test_payload_never_takes_the_file_of_its_document(folder):
    pull_project(state_of(recipe("r", {"a": 1}, "json")), folder)
    attributes = open_files(str(folder)).read()[f"recipe.{KEY}.r"].attributes
    assert attributes["type"] == "json"
    assert attributes["payload"] == {"a": 1}


# What is in the place of a file


def test_linked_folder_is_never_written_through(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder.mkdir(parents=True)
    (folder / "datasets").symlink_to(outside)
    with pytest.raises(SourceError, match="datasets is a symbolic link"):
        pull_project(state_of(dataset("a")), folder, force=True)
    assert list(outside.iterdir()) == []
    assert set(files_in(folder)) == set()


@pytest.mark.parametrize("target", ["outside.json", "missing.json"])
def test_linked_file_is_never_written_through(folder, tmp_path, target):
    (tmp_path / "outside.json").write_text("theirs")
    (folder / "datasets").mkdir(parents=True)
    link = folder / "datasets" / "a.json"
    link.symlink_to(tmp_path / target)
    with pytest.raises(SourceError, match=r"a\.json is a symbolic link|cannot read"):
        pull_project(state_of(dataset("a")), folder, force=True)
    assert link.is_symlink()
    assert (tmp_path / "outside.json").read_text("utf-8") == "theirs"
    assert not (tmp_path / "missing.json").exists()


def test_linked_marker_is_never_written_through(folder, tmp_path):
    folder.mkdir(parents=True)
    (tmp_path / "theirs").write_text("{}")
    (folder / ".dataiku-iac.json").symlink_to(tmp_path / "theirs")
    with pytest.raises(SourceError, match="dataiku-iac.json"):
        pull_project(state_of(), folder, force=True)
    assert (tmp_path / "theirs").read_text("utf-8") == "{}"


def test_folder_that_is_itself_a_link_is_fine(folder, tmp_path):
    (tmp_path / "real").mkdir()
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "real")
    pull_project(state_of(dataset("a")), folder)
    assert (tmp_path / "real" / "datasets" / "a.json").exists()


def test_folder_in_the_place_of_a_file(folder):
    (folder / "datasets" / "a.json").mkdir(parents=True)
    with pytest.raises(SourceError, match=r"a\.json is a folder"):
        pull_project(state_of(dataset("a")), folder, force=True)
    assert files_in(folder) == {}


def test_file_in_the_place_of_a_folder(folder):
    folder.mkdir(parents=True)
    (folder / "datasets").write_text("mine")
    with pytest.raises(SourceError, match="datasets is not a folder"):
        pull_project(state_of(dataset("a")), folder, force=True)
    assert files_in(folder) == {"datasets": b"mine"}


def test_pipe_in_the_place_of_a_file(folder, no_hanging):
    (folder / "datasets").mkdir(parents=True)
    os.mkfifo(folder / "datasets" / "a.json")
    with pytest.raises(SourceError, match=r"datasets/a\.json"):
        pull_project(state_of(dataset("a")), folder, force=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_may_not_be_written(folder):
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    with pytest.raises(SourceError, match="Permission denied"):
        pull_project(state_of(), folder)


def test_file_in_the_place_of_the_project(folder):
    folder.parent.mkdir()
    folder.write_text("mine")
    with pytest.raises(SourceError, match="is not a folder"):
        pull_project(state_of(), folder)


def test_mode_of_a_file_stays(folder):
    pull_project(state_of(recipe("r", "1")), folder)
    script = folder / "recipes" / "r.py"
    script.chmod(0o755)
    pull_project(state_of(recipe("r", "2")), folder)
    assert script.stat().st_mode & 0o777 == 0o755
