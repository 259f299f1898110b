"""Timeouts and retries of calls to DSS."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from dataikuapi.iac.sync.failures import can_succeed_later
from dataikuapi.iac.sync.limits import Budget

__all__ = ["ReadRetry", "RetryPolicy"]

_RETRIED = (429, 502, 503, 504)
"""DSS is restarting, or a proxy is overloaded. Not 500: that is not worth a retry."""


@dataclass(frozen=True)
class RetryPolicy:
    """Timeouts and retries of calls to DSS.

    Only reads are retried: after a failed connection, a response that was cut off or
    timed out, and status 429, 502, 503 or 504. The backoff doubles with each retry and
    varies at random by up to a half; ``Retry-After`` takes precedence. What can never
    succeed is not retried, such as a certificate that is not valid.

    Args:
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait for each part of a response.
        max_retries: how often a failed read is retried.
        initial_backoff: seconds before the first retry.
        max_backoff: upper limit of the delay before a retry, also of ``Retry-After``.
        sleep: waits for a number of seconds. The default is replaced, where several
            threads make requests, by a wait that ends with the sync.
        jitter: returns a number from 0 to 1 for the random part of the backoff.
        deadline: seconds for a whole call, with its retries and redirects, however
            slowly a response arrives.
        max_response_bytes: the largest response that is read, decompressed.
        clock: returns seconds, for the deadline.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_retries: int = 4
    initial_backoff: float = 0.25
    max_backoff: float = 60.0
    sleep: Callable[[float], object] = time.sleep
    jitter: Callable[[], float] = random.random
    deadline: float = 600.0
    max_response_bytes: int = 512 << 20
    clock: Callable[[], float] = time.monotonic

    def budget(self) -> Budget:
        """Return the bounds of each call of one client."""
        return Budget(self.deadline, self.max_response_bytes, self.clock)

    def backoff(self, failures: int, retry_after: float | None = None) -> float:
        """Return how many seconds to wait before the next retry.

        Args:
            failures: how many attempts have failed so far.
            retry_after: seconds that the response asked for.
        """
        backoff = self.initial_backoff * 2.0 ** max(failures - 1, 0)
        return min(retry_after or backoff * (0.5 + self.jitter()), self.max_backoff)

    def wait(self, failures: int, retry_after: float | None = None) -> None:
        """Wait before the next retry; see :meth:`backoff`."""
        self.sleep(self.backoff(failures, retry_after))

    def with_sleep(self, sleep: Callable[[float], object]) -> "RetryPolicy":
        """Return the policy with this way to wait instead of the default one."""
        return replace(self, sleep=sleep) if self.sleep is time.sleep else self


class ReadRetry(Retry):
    """urllib3's retries, limited to reads, with an injected way to wait."""

    def __init__(
        self, *args: Any, policy: RetryPolicy, budget: Budget, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        self.budget = budget

    @classmethod
    def of(cls, policy: RetryPolicy, budget: Budget) -> "ReadRetry":
        """Return the retries that a policy allows within a budget."""
        return cls(
            policy=policy,
            budget=budget,
            total=policy.max_retries,
            status_forcelist=_RETRIED,
            allowed_methods={"GET"},
            # The last response is returned: it says more than "too many retries".
            raise_on_status=False,
        )

    def new(self, **kwargs: Any) -> "ReadRetry":
        """Return the retries that are left; urllib3 calls this after each attempt."""
        return super().new(policy=self.policy, budget=self.budget, **kwargs)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> "ReadRetry":
        """Return the retries that are left after an attempt; urllib3 calls this.

        Raises:
            MaxRetryError: if a retry cannot succeed, or not before the deadline.
        """
        is_final = error is not None and not can_succeed_later(error, len(self.history))
        wait = self.policy.backoff(len(self.history) + 1, _retry_after(self, response))
        if is_final or wait >= self.budget.remaining:
            raise MaxRetryError(_pool, url or "", error) from error
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next retry; urllib3 calls this."""
        self.policy.wait(len(self.history), _retry_after(self, response))


def _retry_after(retry: Retry, response: BaseHTTPResponse | None) -> float | None:
    try:
        return None if response is None else retry.get_retry_after(response)
    except InvalidHeader:  # Such as "soon".
        return None
