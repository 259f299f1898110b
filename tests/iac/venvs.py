"""Wheels, and virtual environments to install them into, without the network."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path

__all__ = ["Venv", "build_sdist", "build_wheel", "client_wheel", "copy_source"]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["setup.py", "pyproject.toml", "README.md", "LICENSE"]
SOURCES += ["dataiku_iac.py", "dataiku_iac.pth", "dataikuapi", "stubs"]

_ENV = {
    **os.environ,
    "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_DATAIKU_IAC": version("dataiku-iac"),
}


def copy_source(folder):
    """Copy what the library is built from: setuptools leaves folders behind there.

    The copy has no tags, so the version is that of the installed library.
    """
    for name in SOURCES:
        subprocess.run(["cp", "-r", str(ROOT / name), str(folder)], check=True)


def build_sdist(source, folder):
    """Return the path of a source distribution, built from a copy of the source."""
    code = "import sys; from setuptools.build_meta import build_sdist as build\n"
    code += "build(sys.argv[1])"
    command = [sys.executable, "-c", code, str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, env=_ENV)
    (built,) = folder.glob("dataiku_iac-*.tar.gz")
    return built


def build_wheel(source, folder):
    """Return the path of a wheel, built from a copy of the source or from an sdist."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, env=_ENV)
    (built,) = folder.glob("dataiku_iac-*.whl")
    return built


def client_wheel(folder, version):
    """Return the path of a wheel of the installed client, under another version."""
    client = distribution("dataiku-api-client")
    info = f"dataiku_api_client-{version}.dist-info"
    wheel = folder / f"dataiku_api_client-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in client.files or []:
            if file.parts[0] == "dataikuapi" and file.suffix == ".py":
                archive.write(str(client.locate_file(file)), file.as_posix())
        metadata = f"Metadata-Version: 2.1\nName: {client.name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", metadata)
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", tags)
        names = [*archive.namelist(), f"{info}/RECORD"]
        archive.writestr(names[-1], "".join(f"{name},,\n" for name in names))
    return wheel


@dataclass(frozen=True)
class Venv:
    """A virtual environment made with ``--system-site-packages``.

    For the system's site stands a user site, which may be given to each command: Python
    searches either after the environment's own.
    """

    folder: Path

    @classmethod
    def create(cls, folder):
        """Return a new one, in which only the dependencies of both can be imported."""
        venv.create(folder, system_site_packages=True, symlinks=True)
        created = cls(folder)
        dependencies = folder / "dependencies"
        dependencies.mkdir()
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            own = path.name.startswith(("dataiku", "__editable__"))
            if not own and path.suffix != ".pth":
                (dependencies / path.name).symlink_to(path)
        (created.site / "dependencies.pth").write_text(f"{dependencies}\n")
        return created

    @property
    def python(self):
        """Path of its Python."""
        return self.folder / "bin" / "python"

    @property
    def site(self):
        """Path of its ``site-packages``."""
        (site,) = self.folder.glob("lib/python*/site-packages")
        return site

    def run(self, *command, path="", user="/nowhere"):
        """Run a command in an empty folder.

        Args:
            command: may begin with "python".
            path: a ``PYTHONPATH``.
            user: a user base, whose site is searched after that of the environment.
        """
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        env = {**_ENV, "PYTHONPATH": str(path), "PYTHONUSERBASE": str(user)}
        env["PATH"] = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            command, cwd=empty, env=env, capture_output=True, text=True
        )

    def pip(self, *arguments):
        """Run pip for this environment."""
        pip = [sys.executable, "-m", "pip", "--python", self.python, *arguments, "-q"]
        result = self.run(*pip)
        assert result.returncode == 0, result.stderr

    def install(self, *arguments):
        """Install wheels or folders as they are."""
        self.pip("install", "--no-deps", "--no-index", "--no-compile", *arguments)
