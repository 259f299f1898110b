"""URLs are shown without what gives access, and told from paths."""

import pytest

from dataikuapi.iac.models.urls import (
    scheme_of,
    shown_location,
    without_credentials,
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/team/dev.state.json", "s3://bucket/team/dev.state.json"),
        ("s3://bucket/a@b.json", "s3://bucket/a@b.json"),
        ("https://user:hunter2@host:8443/a/b", "https://host:8443/a/b"),
        ("https://hunter2@host/a", "https://host/a"),
        (
            "postgresql://u:hunter2@h1:5432,h2:5433/db",
            "postgresql://h1:5432,h2:5433/db",
        ),
        ("postgresql://u:hun/ter2@host/db", "postgresql://host/db"),
        ("postgresql://u:hun?ter2@host/db", "postgresql://host/db"),
        ("postgresql://u:hun#ter2@host/db", "postgresql://host/db"),
        ("postgresql://u:hun@ter2@host/db", "postgresql://host/db"),
        ("postgresql://u:hunter2", "postgresql://***"),
        (
            "postgresql:///db?user=u&password=hunter2",
            "postgresql:///db?user=***&password=***",
        ),
        ("https://host/a?hunter2", "https://host/a?***"),
        ("https://host/a#hunter2", "https://host/a"),
        ("https://u:hunter2@[::1]:5432/a", "https://[::1]:5432/a"),
        ("https://", "https://"),
        # Which of these is the host?
        ("https://user:123/hunter2@host/x", "https://***/x"),
        ("https://user:/hunter2@host/x", "https://***/x"),
        ("https://hun@ter2/x@host/y", "https://***/y"),
        ("https://u:hun@ter/2@host:80/y", "https://***/y"),
        ("https://host:8443/a@b.json", "https://***"),
        ("https://host:8443/a?user=ann@example.com", "https://host:8443/a?user=***"),
        (".dataiku/state/dev@home.state.json", ".dataiku/state/dev@home.state.json"),
    ],
)
def test_a_url_is_shown_without_credentials(url, shown):
    assert without_credentials(url) == shown
    assert without_credentials(shown) == shown


def test_parameters_that_are_no_secrets_are_shown():
    url = "https://host/builds?buildId=7&token=hunter2"
    shown = without_credentials(url, shown=["buildId"])
    assert shown == "https://host/builds?buildId=7&token=***"


@pytest.mark.parametrize(
    ("location", "scheme"),
    [
        ("S3://bucket/x", "s3"),
        ("postgresql+x://h", "postgresql+x"),
        ("a:b", ""),
        ("", ""),
    ],
)
def test_a_url_has_a_scheme_and_a_path_none(location, scheme):
    assert scheme_of(location) == scheme


def test_states_of_a_database_are_told_apart():
    url = "postgresql://ann:secret@db/iac?state=prod&schema=teams&password=secret"
    shown = shown_location(url)
    assert "state=prod" in shown and "schema=teams" in shown
    assert "secret" not in shown
