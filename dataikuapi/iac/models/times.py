"""Reading and writing times as RFC 3339 in UTC, with a ``Z``."""

import re
import sys
from datetime import datetime, timedelta, timezone

__all__ = [
    "as_utc",
    "format_minute",
    "format_time",
    "parse_time",
    "utc_from_millis",
    "utc_now",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OWN_LENGTHS = (len("2026-01-02T03:04:05Z"), len("2026-01-02T03:04:05.678901Z"))
_OWN_SEPARATORS = ("--T::Z", "--T::.")
"""Every third character, from index 4 on, of a time in our own format."""

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(timezone.utc)


def utc_from_millis(milliseconds: int) -> datetime:
    """Return the time that DSS gives as milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def as_utc(time: datetime) -> datetime:
    """Convert a time to UTC; a naive one is taken to be UTC already."""
    if time.tzinfo is None:
        return time.replace(tzinfo=timezone.utc)
    return time.astimezone(timezone.utc)


def format_time(time: datetime) -> str:
    """Return e.g. ``2026-01-02T03:04:05Z``, with a fraction only if there is one."""
    if time.tzinfo is not timezone.utc:
        time = as_utc(time)
    return f"{time.isoformat()[:-6]}Z"  # Without +00:00.


def format_minute(time: datetime) -> str:
    """Return e.g. ``2026-01-02 03:04 UTC``, for people."""
    return f"{as_utc(time):%Y-%m-%d %H:%M} UTC"


def parse_time(text: str) -> datetime:
    """Parse an RFC 3339 time with any offset; a naive one is taken as UTC.

    Digits beyond the microsecond are dropped, because :class:`datetime` has no room for
    them.

    Raises:
        ValueError: if the text is not an RFC 3339 time.
    """
    # Fast path: a state has three times per resource, most of them in our own format.
    if (
        type(text) is str
        and len(text) in _OWN_LENGTHS
        and text[4:20:3] in _OWN_SEPARATORS
        and text[-1] == "Z"
    ):
        try:
            return _from_own(text)
        except ValueError:
            pass  # E.g. February 30; reported below.
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {text!r:.60}")
    date, clock, fraction, offset = match.groups()
    microseconds = (fraction or "")[:6].ljust(6, "0")
    try:
        return as_utc(
            datetime.fromisoformat(f"{date}T{clock}.{microseconds}{_offset(offset)}")
        )
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not an RFC 3339 time: {text!r:.60}: {error}") from error


if sys.version_info >= (3, 11):
    _from_own = datetime.fromisoformat
else:

    def _from_own(text: str) -> datetime:
        """Parse a time that ends with Z, which Python 3.10 does not."""
        return datetime.fromisoformat(f"{text[:-1]}+00:00")


def _offset(text: str | None) -> str:
    """Return the offset in the form that Python 3.10 parses: not Z, not +0000."""
    if text is None or text in "Zz":
        return "+00:00"
    return text if ":" in text else f"{text[:3]}:{text[3:]}"
