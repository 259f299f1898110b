"""What pyproject.toml cannot express: the packages, and the ``.pth`` file.

The metadata is in pyproject.toml.
"""

from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

# dataikuapi/__init__.py is dataiku-api-client's: this project is a guest in its package
# and ships dataikuapi/iac alone.
PACKAGES = find_namespace_packages(
    include=["dataikuapi.iac", "dataikuapi.iac.*"],
    # Folders of the sample project are data.
    exclude=["dataikuapi.iac.sandbox.samples.*"],
)

# For type checkers alone; docs/decisions/0024 has the reason.
STUBS = "dataikuapi-stubs"

# Imports the module of that name; docs/decisions/0022 has the reason.
PTH_FILE = "dataiku_iac.pth"


class BuildWithPth(build_py):
    """Puts a file beside the packages, for which setuptools has no place of its own."""

    def run(self) -> None:
        """Build the modules, and copy the file to where they are."""
        super().run()
        if not self.editable_mode:
            self.copy_file(PTH_FILE, self._built_pth())

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return the paths of all files that ``run`` writes."""
        outputs: list[str] = super().get_outputs(include_bytecode)
        return outputs if self.editable_mode else [*outputs, self._built_pth()]

    def get_source_files(self) -> list[str]:
        """Return the paths of all files that a source distribution needs."""
        sources: list[str] = super().get_source_files()
        return [*sources, PTH_FILE]

    def _built_pth(self) -> str:
        return str(Path(self.build_lib) / PTH_FILE)


setup(
    packages=[*PACKAGES, STUBS],
    package_dir={STUBS: "stubs/dataikuapi"},
    package_data={STUBS: ["*.pyi", "py.typed"]},
    py_modules=["dataiku_iac"],
    cmdclass={"build_py": BuildWithPth},
)
