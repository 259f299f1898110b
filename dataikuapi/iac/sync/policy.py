"""How long is DSS waited for, and how often is it asked again?"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from urllib3.exceptions import InvalidHeader
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

__all__ = ["ReadRetry", "RetryPolicy"]

_RETRIED = (429, 502, 503, 504)
"""A proxy in front of DSS is busy, or DSS restarts. Not 500: DSS says so for good."""


@dataclass(frozen=True)
class RetryPolicy:
    """How calls to DSS are made.

    Only reads are tried again: after a failed connection, an answer that was cut off or
    did not come in time, and the statuses 429, 502, 503 and 504. The wait doubles each
    time, with a random half on top or off; a ``Retry-After`` of the answer counts more.

    Args:
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait for each part of an answer.
        retries: how often a failed read is tried again.
        initial_backoff: seconds before the second try.
        max_backoff: seconds; no single wait is longer, whatever the answer says.
        sleep: waits so many seconds; by default in a way that Ctrl-C cuts short.
        chance: a number from 0 to 1, for the random part of a wait.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_retries: int = 4
    initial_backoff: float = 0.25
    max_backoff: float = 60.0
    sleep: Callable[[float], object] | None = None
    jitter: Callable[[], float] = random.random

    def wait(self, failures: int, asked: float | None = None) -> None:
        """Wait before the next try.

        Args:
            failures: how many tries have failed so far.
            asked: seconds that the answer asked for.
        """
        doubled = self.initial_backoff * 2.0 ** max(failures - 1, 0)
        seconds = asked or doubled * (0.5 + self.jitter())
        if self.sleep is not None:
            self.sleep(min(seconds, self.max_backoff))

    def with_sleep(self, sleep: Callable[[float], object]) -> "RetryPolicy":
        """Return the same with a way to wait, unless it has one of its own."""
        return self if self.sleep else replace(self, sleep=sleep)


class ReadRetry(Retry):
    """urllib3's own retries, for reads alone, with an injected way to wait."""

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
            # The last answer is handed on: it says more than "too many retries".
            raise_on_status=False,
        )

    def new(self, **kwargs: Any) -> "ReadRetry":
        """Return what is left after one more try; urllib3 calls it."""
        return super().new(policy=self.policy, **kwargs)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next try; urllib3 calls it."""
        try:
            asked = self.get_retry_after(response) if response is not None else None
        except InvalidHeader:  # "soon", say.
            asked = None
        self.policy.wait(len(self.history), asked)
