"""Times: written as RFC 3339 in UTC, and read with any offset."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.models.times import (
    as_utc,
    format_time,
    parse_time,
    utc_from_millis,
    utc_now,
)


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("2026-01-02T03:04:05Z", (3, 4, 5), id="Z"),
        pytest.param("2026-01-02t03:04:05z", (3, 4, 5), id="lower-case"),
        pytest.param("2026-01-02 03:04:05Z", (3, 4, 5), id="space for T"),
        pytest.param("2026-01-02T03:04:05+00:00", (3, 4, 5), id="+00:00"),
        pytest.param("2026-01-02T03:04:05-00:00", (3, 4, 5), id="-00:00"),
        pytest.param("2026-01-02T05:04:05+02:00", (3, 4, 5), id="east"),
        pytest.param("2026-01-01T21:34:05-05:30", (3, 4, 5), id="west, day before"),
        pytest.param("2026-01-02T05:04:05+0200", (3, 4, 5), id="offset without colon"),
        pytest.param("2026-01-02T03:04:05", (3, 4, 5), id="naive is UTC"),
        pytest.param("2026-01-02T03:04:05.5", (3, 4, 5, 500000), id="naive, 1 digit"),
        pytest.param("2026-01-02T03:04:05.123456Z", (3, 4, 5, 123456), id="6 digits"),
        pytest.param(
            "2026-01-02T03:04:05.123456789Z", (3, 4, 5, 123456), id="9 digits"
        ),
        pytest.param(
            "2026-01-02T05:04:05.9999999+02:00",
            (3, 4, 5, 999999),
            id="7 digits are cut, not rounded",
        ),
    ],
)
def test_time_is_read_as_utc(text, expected):
    read = parse_time(text)
    assert read == datetime(2026, 1, 2, *expected).replace(tzinfo=timezone.utc)
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="words"),
        pytest.param("2026-01-02", id="date alone"),
        pytest.param("2026-01-02T03:04Z", id="no seconds"),
        pytest.param("2026-01-02T03:04:05.Z", id="point without digits"),
        pytest.param("2026-13-02T03:04:05Z", id="month 13"),
        pytest.param("2026-02-30T03:04:05Z", id="February 30"),
        pytest.param("2026-01-02T24:00:00Z", id="hour 24"),
        pytest.param("2026-01-02T03:04:05Z\n", id="line feed behind"),
        pytest.param("0001-01-01T00:00:00+05:00", id="before the first day"),
        pytest.param("9999-12-31T23:59:59-05:00", id="after the last day"),
        pytest.param("٢٠٢٦-01-02T03:04:05Z", id="Arabic digits"),
        pytest.param(1767323045, id="a number"),
        pytest.param(None, id="None"),
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="time"):
        parse_time(text)


@pytest.mark.parametrize(
    "moment, expected",
    [
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
            "2026-01-02T03:04:05Z",
            id="whole second",
        ),
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=timezone.utc),
            "2026-01-02T03:04:05.000060Z",
            id="microseconds",
        ),
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z", id="naive is UTC"
        ),
        pytest.param(
            datetime(2026, 1, 2, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-01T23:00:00Z",
            id="other offset",
        ),
    ],
)
def test_time_is_written_in_utc_with_a_z(moment, expected):
    assert format_time(moment) == expected


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set here")
def test_naive_times_are_utc_wherever_the_machine_is(monkeypatch):
    noon = datetime(2026, 1, 2, 12)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "JST-9")
        time.tzset()
        read = as_utc(noon), parse_time("2026-01-02T12:00:00"), utc_now()
    time.tzset()
    assert read[:2] == (noon.replace(tzinfo=timezone.utc),) * 2
    assert abs(read[2] - utc_now()) < timedelta(hours=1)


def test_milliseconds_of_dss_are_exact():
    # In floating point, these would come out a microsecond off.
    read = utc_from_millis(1534516363001)
    assert format_time(read) == "2018-08-17T14:32:43.001000Z"


def test_as_utc_keeps_the_moment():
    moment = datetime(2026, 1, 2, 1, tzinfo=timezone(timedelta(hours=2)))
    assert as_utc(moment) == moment
    assert as_utc(moment).tzinfo is timezone.utc


@settings(max_examples=60)
@given(st.datetimes())
def test_any_time_survives_writing_and_reading(moment):
    assert parse_time(format_time(moment)) == moment.replace(tzinfo=timezone.utc)
