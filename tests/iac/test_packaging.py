"""The wheel: its contents, and that it works beside the client's own modules."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import dataikuapi.iac
from iac.venvs import build_sdist, build_wheel, copy_source

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a wheel, freshly built from a source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    copy_source(source)
    built = build_wheel(build_sdist(source, folder), folder)
    return set(zipfile.ZipFile(built).namelist())


@pytest.mark.slow
def test_wheel_has_every_module_and_all_data(wheel):
    package = ROOT / "dataikuapi" / "iac"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected - wheel == set()
    assert "dataikuapi/iac/py.typed" in wheel
    assert "dataikuapi/iac/schemas/state_v1.schema.json" in wheel


@pytest.mark.slow
def test_wheel_has_no_files_of_the_client_and_one_module_beside_it(wheel):
    own = ("dataikuapi/iac/", "dataikuapi-stubs/")
    elsewhere = {name for name in wheel if not name.startswith(own)}
    metadata = {name for name in elsewhere if ".dist-info/" in name}
    assert elsewhere - metadata == {"dataiku_iac.py", "dataiku_iac.pth"}


@pytest.mark.slow
def test_wheel_has_partial_stubs_of_the_client(wheel):
    stubs = ROOT / "stubs" / "dataikuapi"
    names = {f"dataikuapi-stubs/{path.name}" for path in stubs.iterdir()}
    assert {name for name in wheel if name.startswith("dataikuapi-stubs/")} == names
    assert (stubs / "py.typed").read_text("utf-8") == "partial\n"


@pytest.mark.slow
def test_wheel_has_the_version_of_the_package(wheel):
    assert f"dataiku_iac-{dataikuapi.iac.__version__}.dist-info/METADATA" in wheel


@pytest.mark.parametrize("folder", [ROOT, ROOT / "dataikuapi", Path("/")], ids=str)
def test_both_packages_import_from_any_folder(folder):
    code = "import dataikuapi, dataikuapi.iac; dataikuapi.DSSClient"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


def test_each_dependency_has_bounds_and_its_floor_is_tested():
    tomllib = pytest.importorskip("tomllib", reason="new in Python 3.11")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    required = [*project["dependencies"]]
    for name in ("objects", "pandas", "postgres", "report", "sandbox"):
        required += extras[name]
    bounds = [re.fullmatch(r"([\w-]+)(\[\w+\])?>=([\d.]+),<\d+", r) for r in required]
    assert [
        name for name, match in zip(required, bounds, strict=False) if not match
    ] == []
    floors = [f"{match[1]}=={match[3]}" for match in bounds if match]
    pinned = (ROOT / "constraints" / "floors.txt").read_text("utf-8").splitlines()
    assert [line for line in pinned if not line.startswith("#")] == floors
