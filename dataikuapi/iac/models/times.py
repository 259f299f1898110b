"""Times: written as RFC 3339 in UTC with a Z, and read with any offset."""

import re
from datetime import datetime, timedelta, timezone

__all__ = ["as_utc", "format_time", "parse_time", "utc_from_millis", "utc_now"]

_read = datetime.fromisoformat
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_AS_WRITTEN = (len("2026-01-02T03:04:05Z"), len("2026-01-02T03:04:05.678901Z"))
_MARKS = ("--T::Z", "--T::.")
"""Every third character, from the fourth on, of a time that we wrote."""

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(timezone.utc)


def utc_from_millis(milliseconds: int) -> datetime:
    """Return the time that DSS writes as milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def as_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC; a naive one is read as UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)


def format_time(moment: datetime) -> str:
    """Return e.g. ``2026-01-02T03:04:05Z``; a fraction only where there is one."""
    if moment.tzinfo is not timezone.utc:
        moment = as_utc(moment)
    return f"{moment.isoformat()[:-6]}Z"  # Without +00:00.


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with any offset; a naive one is UTC.

    Digits beyond the microsecond are dropped, since :class:`datetime` holds no more.

    Raises:
        ValueError: if the text is not such a time.
    """
    # A state has three of these for each resource, most of them as we write them.
    if (
        type(text) is str
        and len(text) in _AS_WRITTEN
        and text[4:20:3] in _MARKS
        and text[-1] == "Z"
    ):
        try:
            return _read(text[:-1] + "+00:00")
        except ValueError:
            pass  # A day that does not exist, say: the error is raised below.
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


def _offset(text: str | None) -> str:
    """Return the offset as Python 3.10 reads it, which knows neither Z nor +0000."""
    if text is None or text in "Zz":
        return "+00:00"
    return text if ":" in text else f"{text[:3]}:{text[3:]}"
