"""Checks a connection to DSS: does it respond, is the key valid, what may it read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple

from dataikuapi.dssclient import DSSClient
from requests import Response

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSAuthenticationError,
    DSSError,
    DSSPermissionError,
    TypeNotSupportedError,
)
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.sync.connection import clone_client
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.provenance import Provenance
from dataikuapi.iac.sync.unsupported import translate_listing_errors
from dataikuapi.iac.types import TYPES, ResourceType
from dataikuapi.iac.types.registry import PROJECT
from dataikuapi.iac.types.shapes import path_segment

__all__ = ["Diagnosis", "Finding", "Outcome"]

_MAX_SKEW = 60
"""How many seconds clocks may differ: more, and times in reports mislead."""


class Outcome(Enum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(NamedTuple):
    """What a check found."""

    subject: str
    outcome: Outcome
    text: str


class Diagnosis:
    """Checks one client; each check is made once, in order.

    Args:
        client: is not changed.
        now: the clock.

    Attributes:
        instance: node id, install id, version and address of DSS, once it responded.
    """

    def __init__(self, client: DSSClient, now: Callable[[], datetime]) -> None:
        self._client = clone_client(client, RetryPolicy(max_retries=1))
        self._now = now
        self._skew: float | None = None
        self._client._session.hooks["response"].insert(0, self._note_time)
        self.instance: dict[str, Any] | None = None

    def _note_time(self, response: Response, **_: Any) -> None:
        """Compare the clocks by a header that each response has."""
        try:
            theirs = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=timezone.utc)
        self._skew = (theirs - self._now()).total_seconds()

    def check(self, projects: Iterable[str]) -> Iterator[Finding]:
        """Check everything; what is pointless after a failure is left out.

        Args:
            projects: keys of those whose rights to check.
        """
        try:
            with translate_errors(self._client, None):
                info = self._client.get_auth_info()
        except DSSAuthenticationError as error:
            yield Finding("URL", Outcome.OK, "DSS responds")
            yield Finding("API key", Outcome.FAILED, str(error))
            return
        except DSSError as error:
            yield Finding("URL", Outcome.FAILED, str(error))
            return
        yield Finding("URL", Outcome.OK, f"DSS responds{self._version()}")
        identity = info.get("authIdentifier") if isinstance(info, dict) else None
        yield Finding("API key", Outcome.OK, f"accepted, as {identity}")
        if self._skew is not None:
            yield self._clock(self._skew)
        for key in projects:
            yield self._rights(key)

    def _version(self) -> str:
        provenance = Provenance()
        provenance.fetch(self._client)
        self.instance = provenance.instance
        version = (self.instance or {}).get("dss_version")
        return f", version {version}" if version else ""

    def _clock(self, skew: float) -> Finding:
        seconds = abs(round(skew))
        if seconds <= _MAX_SKEW:
            return Finding("clock", Outcome.OK, "agrees with that of DSS")
        side = "behind" if skew > 0 else "ahead of"
        text = f"{seconds:,} seconds {side} that of DSS: set the clock of one of them"
        return Finding("clock", Outcome.WARNING, text)

    def _rights(self, key: str) -> Finding:
        """Return whether all that is tracked in a project can be read."""
        subject = f"project {key}"
        try:
            hidden = self._unreadable_parts(ResourceId(PROJECT.name, key))
        except DataikuIaCError as error:
            return Finding(subject, Outcome.FAILED, str(error))
        if hidden:
            text = (
                f"readable, except {' and '.join(hidden)}: the key needs the right to "
                "administer the project"
            )
            return Finding(subject, Outcome.WARNING, text)
        return Finding(subject, Outcome.OK, "readable")

    def _unreadable_parts(self, rid: ResourceId) -> list[str]:
        """Read the project and list what is in it; return what takes more rights.

        Raises:
            DataikuIaCError: if the rest cannot be read either.
        """
        project = self._client.get_project(path_segment(rid.project_key))
        with translate_errors(self._client, rid):
            PROJECT.fetch_documents(project, "")
        for kind in TYPES.values():
            if kind.is_watched_by_default and not kind.is_on_instance:
                self._try_listing(kind, project, rid.project_key)
        hidden = []
        for name, fetch in PROJECT.privileged.items():
            try:
                with translate_errors(self._client, rid):
                    fetch(project)
            except DSSPermissionError:
                hidden.append(name)
        return hidden

    def _try_listing(self, kind: ResourceType, project: Any, key: str) -> None:
        """List the objects of a type, unless DSS does not have that type."""
        with (
            suppress(TypeNotSupportedError),
            translate_listing_errors(self._client, kind, key),
        ):
            kind.list_documents(project)
