"""The wheel: its contents, and that it works beside the client's own modules."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import dataikuapi.iac

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # Build from a copy: setuptools leaves folders behind in the source.
    tracked = ["setup.py", "pyproject.toml", "README.md", "LICENSE", "dataikuapi"]
    source.mkdir()
    for name in tracked:
        subprocess.run(["cp", "-r", str(ROOT / name), str(source)], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
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
def test_wheel_has_no_files_of_the_client(wheel):
    shipped = {name for name in wheel if name.startswith("dataikuapi/")}
    assert all(name.startswith("dataikuapi/iac/") for name in shipped)


@pytest.mark.slow
def test_wheel_has_the_version_of_the_package(wheel):
    assert f"dataiku_iac-{dataikuapi.iac.__version__}.dist-info/METADATA" in wheel


@pytest.mark.parametrize("folder", [ROOT, ROOT / "dataikuapi", Path("/")], ids=str)
def test_both_packages_import_from_any_folder(folder):
    code = "import dataikuapi, dataikuapi.iac; dataikuapi.DSSClient"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
