"""Timeouts and retries of calls to DSS."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from urllib3.exceptions import InvalidHeader
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

__all__ = ["ReadRetry", "RetryPolicy"]

_RETRIED = (429, 502, 503, 504)
"""DSS is restarting, or a proxy is overloaded. Not 500: that is not worth a retry."""


@dataclass(frozen=True)
class RetryPolicy:
    """Timeouts and retries of calls to DSS.

    Only reads are retried: after a failed connection, a response that was cut off or
    timed out, and status 429, 502, 503 or 504. The backoff doubles with each retry and
    varies at random by up to a half; ``Retry-After`` takes precedence.

    Args:
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait for each part of a response.
        max_retries: how often a failed read is retried.
        initial_backoff: seconds before the first retry.
        max_backoff: upper limit of the delay before a retry, also of ``Retry-After``.
        sleep: waits for a number of seconds. The default is replaced, where several
            threads make requests, by a wait that ends with the sync.
        jitter: returns a number from 0 to 1 for the random part of the backoff.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_retries: int = 4
    initial_backoff: float = 0.25
    max_backoff: float = 60.0
    sleep: Callable[[float], object] = time.sleep
    jitter: Callable[[], float] = random.random

    def wait(self, failures: int, retry_after: float | None = None) -> None:
        """Wait before the next retry.

        Args:
            failures: how many attempts have failed so far.
            retry_after: seconds that the response asked for.
        """
        backoff = self.initial_backoff * 2.0 ** max(failures - 1, 0)
        seconds = retry_after or backoff * (0.5 + self.jitter())
        self.sleep(min(seconds, self.max_backoff))

    def with_sleep(self, sleep: Callable[[float], object]) -> "RetryPolicy":
        """Return the policy with this way to wait instead of the default one."""
        return replace(self, sleep=sleep) if self.sleep is time.sleep else self


class ReadRetry(Retry):
    """urllib3's retries, limited to reads, with an injected way to wait."""

    def __init__(self, *args: Any, policy: RetryPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy

    @classmethod
    def of(cls, policy: RetryPolicy) -> "ReadRetry":
        """Return the retries that a policy allows."""
        return cls(
            policy=policy,
            total=policy.max_retries,
            status_forcelist=_RETRIED,
            allowed_methods={"GET"},
            # The last response is returned: it says more than "too many retries".
            raise_on_status=False,
        )

    def new(self, **kwargs: Any) -> "ReadRetry":
        """Return the retries that are left; urllib3 calls this after each attempt."""
        return super().new(policy=self.policy, **kwargs)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next retry; urllib3 calls this."""
        try:
            seconds = self.get_retry_after(response) if response is not None else None
        except InvalidHeader:  # Such as "soon".
            seconds = None
        self.policy.wait(len(self.history), seconds)
