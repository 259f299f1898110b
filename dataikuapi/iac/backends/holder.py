"""Who this process is, for those who wait for a lock that it holds."""

import getpass
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from dataikuapi.iac.models.locks import LockInfo
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.models.urls import without_credentials

__all__ = ["current_holder", "job_url", "user_name"]

_JOB_URLS = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",  # GitLab
    "{CIRCLE_BUILD_URL}",
    "{BUILDKITE_BUILD_URL}",
    "{TRAVIS_JOB_WEB_URL}",
    "{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    (  # Azure Pipelines
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECTID}/_build/results"
        "?buildId={BUILD_BUILDID}"
    ),
    "{DRONE_BUILD_LINK}",
    "{CI_PIPELINE_URL}",  # Woodpecker
    "{BUILD_URL}",  # Jenkins, and others after it
)
"""The page of a CI job, made from the variables that a CI service sets."""


def current_holder(
    name: str,
    reason: str = "",
    *,
    variables: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = utc_now,
) -> LockInfo:
    """Return what this process says of itself when it takes a lock.

    Each call is another acquisition, with a ``lock_id`` of its own.

    Args:
        name: what is locked.
        reason: shown to anyone waiting for the lock.
        variables: Defaults to ``os.environ``.
        now: the clock.
    """
    return LockInfo(
        name=name,
        lock_id=uuid.uuid4().hex,
        user=user_name(),
        host=socket.gethostname(),
        process=os.getpid(),
        since=now().replace(microsecond=0),
        reason=reason,
        url=job_url(os.environ if variables is None else variables),
    )


def job_url(variables: Mapping[str, str]) -> str:
    """Return the page of the CI job that runs this process; "" outside of CI.

    Args:
        variables: of the environment.
    """
    known = {name: value for name, value in variables.items() if value}
    for template in _JOB_URLS:
        try:
            url = template.format_map(known)
        except KeyError:  # Another service.
            continue
        return without_credentials(url, shown=("buildId",))
    return ""


def user_name() -> str:
    """Return the name of the user of this process, or the id if it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container whose user has no name.
        return str(os.getuid())
