"""For tools that still ask for it; the metadata is in pyproject.toml."""

from setuptools import find_namespace_packages, setup

# dataikuapi/__init__.py is dataiku-api-client's: this project is a guest in its package
# and ships dataikuapi/iac alone.
PACKAGES = find_namespace_packages(
    include=["dataikuapi.iac", "dataikuapi.iac.*"],
    # Folders of the sample project are data.
    exclude=["dataikuapi.iac.sandbox.samples.*"],
)

setup(packages=PACKAGES)
