"""What can go wrong inside the sandbox's store.

::

    SandboxError
    +-- ProjectLayoutError       a folder, or a file in it, is no project
    +-- InvalidApiKeyError          no such API key
    +-- ProjectNotVisibleError   no such project, or not for this key
    +-- ForbiddenError          the key sees the project, but may not do this
    +-- ObjectNotFoundError      no such dataset or recipe
    +-- AlreadyExistsError       the name is taken
    +-- InvalidDocumentError     the document lacks something, or is malformed
    +-- PartialSettingsError     project settings without their main part
    +-- NotInSandboxError        DSS can do it, the sandbox cannot

The store knows no HTTP: which status each of them becomes is for the routes to say.
"""

from __future__ import annotations


class SandboxError(Exception):
    """Base of everything that the store raises by design."""


class ProjectLayoutError(SandboxError):
    """A folder, or a file in it, cannot be read as a project in git layout."""


class InvalidApiKeyError(SandboxError):
    """The API key is not one of the store's."""

    def __init__(self) -> None:
        super().__init__("Unknown API Key")


class ProjectForbiddenError(SandboxError):
    """The project does not exist, or the key may not see it.

    DSS answers both alike, on purpose: whoever may not see a project must not learn
    whether it exists. So the error does not name the project either.
    """

    def __init__(self) -> None:
        super().__init__("Failed to read project permissions")


class ForbiddenError(SandboxError):
    """The key is good, but lacks the right for this action."""


class ObjectNotFoundError(SandboxError):
    """The project holds no such object."""


class AlreadyExistsError(SandboxError):
    """An object of that name is there already."""


class InvalidDocumentError(SandboxError):
    """A document lacks a mandatory field, or has one of the wrong type."""


class PartialSettingsError(SandboxError):
    """Project settings came without `settings`, which DSS does not survive."""


class NotInSandboxError(SandboxError):
    """The request is one that DSS serves and the sandbox does not."""
