"""The errors of the sandbox.

::

    SandboxError
    +-- ProjectLayoutError       a folder, or a file in it, is not a project
    +-- InvalidApiKeyError       no such API key
    +-- ProjectForbiddenError    no such project, or not for this key
    |   +-- ProjectNotFoundError no such project; over HTTP it is the error above
    +-- ForbiddenError           the key sees the project, but may not do this
    +-- ObjectNotFoundError      no such object in the project
    +-- AlreadyExistsError       the name or id is taken
    +-- InvalidDocumentError     the document lacks something, or is malformed
    +-- PartialSettingsError     project settings without their main part
    +-- ReadDirectoryError       a folder of the library was read as a file
    +-- AlwaysFailsError         DSS responds with 500 to this request
    +-- NotAFileError            a code environment was read that does not exist
    +-- NotInSandboxError        DSS can do it, the sandbox cannot

They know no HTTP: which status each becomes is decided in `responses`.
"""

from __future__ import annotations


class SandboxError(Exception):
    """Base class of the errors of the sandbox."""


class ProjectLayoutError(SandboxError):
    """A folder, or a file in it, cannot be read as a project in git layout."""


class InvalidApiKeyError(SandboxError):
    """The API key is not one of the store's."""

    def __init__(self) -> None:
        super().__init__("Unknown API Key")


class ProjectForbiddenError(SandboxError):
    """The project does not exist, or the key may not see it.

    DSS responds to both in the same way, on purpose: without the right to see a project
    one must not learn whether it exists. So the error does not name the project either.
    """

    def __init__(self, message: str = "Failed to read project permissions") -> None:
        super().__init__(message)


class ProjectNotFoundError(ProjectForbiddenError):
    """The store has no such project.

    Only for the Python API, whose caller sees all projects.
    """

    def __init__(self, project_key: str) -> None:
        super().__init__(f"Project {project_key} does not exist")


class ForbiddenError(SandboxError):
    """The key is good, but lacks the right for this action."""


class ObjectNotFoundError(SandboxError):
    """The project has no such object."""


class AlreadyExistsError(SandboxError):
    """There is an object of that name or id already."""


class InvalidDocumentError(SandboxError):
    """A document lacks a mandatory field, or has one of the wrong type."""


class PartialSettingsError(SandboxError):
    """Project settings were sent without `settings`; DSS responds with 500."""


class ReadDirectoryError(SandboxError):
    """A folder of the library was read as a file; DSS responds with 500."""


class AlwaysFailsError(SandboxError):
    """DSS responds with 500 to this request, every time."""


class NotAFileError(SandboxError):
    """A code environment was read that does not exist; DSS responds with 500."""


class NotInSandboxError(SandboxError):
    """DSS serves the request, the sandbox does not."""
