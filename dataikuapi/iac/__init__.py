"""Terraform-grade state for Dataiku DSS.

Read the configuration of a DSS instance, store it as a versioned and validated state,
and see exactly what changed since. The main classes:

* a :class:`State` is a record of an instance's configuration at one point in time;
* a :class:`StateBackend` stores a state;
* a :class:`ResourceSync` reads one type of object from DSS;
* a :class:`StateManager` brings them together;
* a :class:`DiffEngine` compares two states.

For example:

.. code-block:: python

    client = DSSClient("https://dss.example.com", api_key)
    manager = StateManager.local(client, "dev")
    manager.save_state(manager.sync_project("SHOP"))
    print(manager.drift())
"""

from importlib.metadata import PackageNotFoundError as _PackageNotFoundError
from importlib.metadata import version as _version

from dataikuapi.iac.backends import (
    LocalFileBackend,
    StateBackend,
    migrate,
    open_backend,
)
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.exceptions import (
    ConfigurationError,
    ConfirmedRemovalError,
    DataikuIaCError,
    DSSAuthenticationError,
    DSSError,
    DSSPermissionError,
    DSSTimeoutError,
    DSSUnreachableError,
    EnvironmentMismatchError,
    ExecutorError,
    IgnoreFileError,
    InstanceConflictError,
    InstanceMismatchError,
    InvalidResponseError,
    JournalNotSupportedError,
    NewerFormatError,
    OverlayError,
    PlanFileError,
    PlanOutdatedError,
    PlanRefusedError,
    ProjectNotVisibleError,
    PullConflictError,
    ResourceNotFoundError,
    SourceError,
    StateConflictError,
    StateCorruptedError,
    StateLockedError,
    StateMergeConflictError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
    SyncError,
    TypeNotSupportedError,
    UnexpectedResponseError,
    UnsupportedValueError,
)
from dataikuapi.iac.ignore.file import read_ignore_file
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.manager import StateManager
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    Resource,
    ResourceDiff,
    ResourceMetadata,
    State,
    ValueChangeType,
    make_resource_id,
)
from dataikuapi.iac.reports import (
    render_flow,
    render_html,
    render_html_page,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.source_grammar import Source, open_source
from dataikuapi.iac.sync import DatasetSync, ProjectSync, RecipeSync, ResourceSync
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.validation import (
    get_state_schema,
    validate_state,
    validate_state_safe,
)

__all__ = [
    "Change",
    "ChangeType",
    "ConfigurationError",
    "ConfirmedRemovalError",
    "DSSAuthenticationError",
    "DSSError",
    "DSSPermissionError",
    "DSSTimeoutError",
    "DSSUnreachableError",
    "DataikuIaCError",
    "DatasetSync",
    "DiffEngine",
    "DriftReport",
    "EnvironmentMismatchError",
    "ExecutorError",
    "IgnoreFileError",
    "IgnoreRule",
    "InstanceConflictError",
    "InstanceMismatchError",
    "InvalidResponseError",
    "JournalNotSupportedError",
    "LocalFileBackend",
    "NewerFormatError",
    "OverlayError",
    "PlanFileError",
    "PlanOutdatedError",
    "PlanRefusedError",
    "ProjectNotVisibleError",
    "ProjectSync",
    "PullConflictError",
    "RecipeSync",
    "Resource",
    "ResourceDiff",
    "ResourceMetadata",
    "ResourceNotFoundError",
    "ResourceSync",
    "RetryPolicy",
    "Source",
    "SourceError",
    "State",
    "StateBackend",
    "StateConflictError",
    "StateCorruptedError",
    "StateLockedError",
    "StateManager",
    "StateMergeConflictError",
    "StateNotFoundError",
    "StateReadError",
    "StateWriteError",
    "SyncError",
    "TypeNotSupportedError",
    "UnexpectedResponseError",
    "UnsupportedValueError",
    "ValueChangeType",
    "get_state_schema",
    "make_resource_id",
    "migrate",
    "open_backend",
    "open_source",
    "read_ignore_file",
    "render_flow",
    "render_html",
    "render_html_page",
    "render_json",
    "render_junit",
    "render_markdown",
    "render_text",
    "validate_state",
    "validate_state_safe",
]

try:
    __version__ = _version("dataiku-iac")
except _PackageNotFoundError:
    __version__ = "0+unknown"  # A copy of the source that was never installed.
