"""An embedded DSS, for demos, tests and CI.

It speaks the DSS public API as far as this library uses it and responds as DSS does,
oddities included. The response to a request that it does not serve is 501. It needs the
extra `sandbox`.
"""

try:
    import starlette  # noqa: F401
    import uvicorn  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"the sandbox needs {error.name}: pip install 'dataiku-iac[sandbox]'"
    ) from error

from dataikuapi.iac.sandbox.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidApiKeyError,
    InvalidDocumentError,
    NotInSandboxError,
    ObjectNotFoundError,
    PartialSettingsError,
    ProjectForbiddenError,
    ProjectLayoutError,
    ProjectNotFoundError,
    SandboxError,
)
from dataikuapi.iac.sandbox.faults import Fault, FaultPlan, in_turn
from dataikuapi.iac.sandbox.samples import SAMPLE_PROJECT_KEY, sample_folder
from dataikuapi.iac.sandbox.server import SandboxServer
from dataikuapi.iac.sandbox.store import ProjectStore

__all__ = [
    "SAMPLE_PROJECT_KEY",
    "AlreadyExistsError",
    "Fault",
    "FaultPlan",
    "ForbiddenError",
    "InvalidApiKeyError",
    "InvalidDocumentError",
    "NotInSandboxError",
    "ObjectNotFoundError",
    "PartialSettingsError",
    "ProjectForbiddenError",
    "ProjectLayoutError",
    "ProjectNotFoundError",
    "ProjectStore",
    "SandboxError",
    "SandboxServer",
    "in_turn",
    "sample_folder",
]
