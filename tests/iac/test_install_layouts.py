"""``import dataikuapi.iac`` works wherever the client and the library are installed."""

import sys
import zipfile
from shutil import copytree

import pytest

from iac.venvs import Venv, build_wheel, client_wheel, copy_source

pytestmark = pytest.mark.slow

# Prints the folders that both packages come from.
IMPORT = """
import os, dataikuapi.iac
from dataikuapi import DSSClient
from dataikuapi.iac import StateManager
for module in dataikuapi, dataikuapi.iac:
    print(os.path.dirname(module.__file__))
"""
IMPORT_BY_NAME = "import dataiku_iac\n" + IMPORT
USER_SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the sources of the library."""
    folder = tmp_path_factory.mktemp("source")
    copy_source(folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    """A wheel of the library."""
    return build_wheel(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A wheel of the client."""
    return client_wheel(tmp_path_factory.mktemp("client"), "98.0")


@pytest.fixture(scope="module")
def unpacked_client(client, tmp_path_factory):
    """A user base with the client in its site."""
    base = tmp_path_factory.mktemp("user")
    zipfile.ZipFile(client).extractall(base / USER_SITE)
    return base


@pytest.fixture(scope="module")
def unpacked_library(wheel, tmp_path_factory):
    """A folder with the library, for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("library")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module", params=["wheel", "editable"])
def how(request, wheel, source):
    """The arguments with which pip installs the library."""
    return {
        "wheel": [wheel],
        "editable": ["--no-build-isolation", "-e", source],
    }[request.param]


@pytest.fixture(scope="module")
def with_library(how, tmp_path_factory):
    """An environment with the library, without the client."""
    venv = Venv.create(tmp_path_factory.mktemp("with_library"))
    venv.install(*how)
    return venv


@pytest.fixture(scope="module")
def with_client(client, tmp_path_factory):
    """An environment with the client, without the library."""
    venv = Venv.create(tmp_path_factory.mktemp("with_client"))
    venv.install(client)
    return venv


def run(venv, code, **where):
    """Return the lines that some code prints."""
    result = venv.run("python", "-c", code, **where)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


def installed(how, venv):
    """Return the folder that the library is to be imported from."""
    return str((how[-1] if "-e" in how else venv.site) / "dataikuapi" / "iac")


def test_client_in_the_system_site_and_library_in_an_environment(
    how, with_library, unpacked_client
):
    folders = run(with_library, IMPORT, user=unpacked_client)
    client = str(unpacked_client / USER_SITE / "dataikuapi")
    assert folders == [client, installed(how, with_library)]


def test_client_on_the_python_path_and_library_in_an_environment(
    how, with_library, unpacked_client
):
    path = unpacked_client / USER_SITE
    folders = run(with_library, IMPORT, path=path)
    assert folders == [str(path / "dataikuapi"), installed(how, with_library)]


def test_library_on_the_python_path_is_imported_by_name(with_client, unpacked_library):
    folders = run(with_client, IMPORT_BY_NAME, path=unpacked_library)
    client, library = with_client.site / "dataikuapi", unpacked_library / "dataikuapi"
    assert folders == [str(client), str(library / "iac")]


@pytest.mark.parametrize("client_first", [True, False])
def test_both_in_folders_on_the_python_path(
    with_client, unpacked_client, unpacked_library, client_first
):
    paths = [str(unpacked_library), str(unpacked_client / USER_SITE)]
    path = ":".join(reversed(paths) if client_first else paths)
    code = f"import dataikuapi\n{IMPORT_BY_NAME}"  # The client may be there already.
    folders = run(with_client, code, path=path)
    assert folders == [f"{paths[1]}/dataikuapi", f"{paths[0]}/dataikuapi/iac"]


def test_the_command_line_runs_from_a_folder_on_the_python_path(
    with_client, unpacked_library
):
    command = ["python", "-m", "dataiku_iac", "show", "--help"]
    result = with_client.run(*command, path=unpacked_library)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_command_is_installed(with_library, unpacked_client):
    result = with_library.run("dataiku-iac", "show", "--help", user=unpacked_client)
    assert (result.returncode, result.stderr) == (0, "")


# What is editable comes last: setuptools puts its finder behind Python's.
@pytest.mark.parametrize("how", ["wheel"], indirect=True)
def test_an_older_copy_beside_the_client_does_not_win(
    how, with_library, unpacked_client, tmp_path
):
    site = tmp_path / USER_SITE
    copytree(unpacked_client / USER_SITE, site)
    (site / "dataikuapi" / "iac").mkdir()
    (site / "dataikuapi" / "iac" / "__init__.py").write_text("raise AssertionError")
    folders = run(with_library, IMPORT, user=tmp_path)
    assert folders == [str(site / "dataikuapi"), installed(how, with_library)]


def test_python_starts_without_importing_either(with_library, unpacked_client):
    code = "import sys; print([m for m in sys.modules if m.startswith('dataikuapi')])"
    assert run(with_library, code, user=unpacked_client) == ["[]"]


def test_importing_the_client_does_not_import_the_library(
    with_library, unpacked_client
):
    code = "import dataikuapi, sys; print('dataikuapi.iac' in sys.modules)"
    assert run(with_library, code, user=unpacked_client) == ["False"]


def test_without_the_client_it_says_what_to_install(with_library):
    result = with_library.run("python", "-c", IMPORT)
    assert result.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: dataikuapi.iac needs Dataiku's client: "
        "pip install dataiku-api-client"
    )


def test_the_client_and_the_library_come_and_go(how, client, tmp_path, unpacked_client):
    venv = Venv.create(tmp_path / "venv")
    newer = client_wheel(tmp_path, "99.0")
    here = [str(venv.site / "dataikuapi"), installed(how, venv)]
    elsewhere = [str(unpacked_client / USER_SITE / "dataikuapi"), here[1]]

    venv.install(client, *how)
    assert run(venv, IMPORT) == here
    venv.install("--upgrade", newer)
    assert run(venv, IMPORT) == here
    venv.pip("uninstall", "-y", "dataiku-api-client")
    assert run(venv, IMPORT, user=unpacked_client) == elsewhere
    venv.install(client)
    assert run(venv, IMPORT) == here

    venv.pip("uninstall", "-y", "dataiku-iac")
    assert run(venv, "import dataikuapi; print(dataikuapi.__file__)") == [
        f"{here[0]}/__init__.py"
    ]
    left = [path for path in venv.site.rglob("*iac*") if path.name != "__pycache__"]
    assert [path for path in left if "__pycache__" not in path.parts] == []
