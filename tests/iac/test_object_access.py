"""The address of a state in object storage, and credentials, which no message shows."""

import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from dataikuapi.iac import (
    ConfigurationError,
    DataikuIaCError,
    Resource,
    State,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.backends import open_backend

UNREACHABLE = {"endpoint": "http://127.0.0.1:9", "retry_config": {"max_retries": 0}}


def state_of(project):
    state = State(environment="dev", serial=1)
    state.resources = {
        key: Resource("dataset", key) for key in [f"dataset.{project}.orders"]
    }
    return state


@pytest.mark.parametrize(
    "url, reason",
    [
        ("s3://bucket", "names no object"),
        ("s3://bucket/", "names no object"),
        ("s3:///dev.state.json", "names no object"),
        ("gs://bucket/a//dev.state.json", "names no object"),
        ("az://bucket/../dev.state.json", "names no object"),
        ("s3://key:secret@bucket/dev.state.json", "do not belong"),
        ("s3://bucket/dev.state.json?sig=secret", "do not belong"),
    ],
)
def test_addresses_that_are_none(url, reason):
    with pytest.raises(ConfigurationError, match=reason) as caught:
        open_backend(url)
    assert "secret" not in str(caught.value)


def test_an_option_that_does_not_exist_is_told(bucket):
    with pytest.raises(ConfigurationError, match="endpont"):
        bucket.open(endpont="x")


def test_a_bucket_that_does_not_exist_is_no_missing_state(bucket):
    backend = open_backend(
        "s3://no-such-bucket/dev.state.json",
        endpoint=bucket.endpoint,
        access_key_id="any",
        secret_access_key="very-secret",
    )
    for call in (backend.load, backend.exists, backend.history, backend.locks):
        with pytest.raises(StateReadError, match="NoSuchBucket") as caught:
            call()
        assert "very-secret" not in str(caught.value)
    with pytest.raises(StateWriteError, match="NoSuchBucket"):
        backend.save(state_of("A"))


@pytest.fixture
def refusing():
    """The address of a server that lets nobody in."""

    class Handler(BaseHTTPRequestHandler):
        def refuse(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(403)
            self.end_headers()
            self.wfile.write(b"<Error><Code>AccessDenied</Code></Error>")

        do_GET = do_PUT = do_HEAD = refuse

        def log_message(self, *arguments):
            """Be quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_if_access_is_denied_it_is_told_what_to_check(refusing):
    options = {"endpoint": refusing, "skip_signature": True}
    backend = open_backend("s3://bucket/dev.state.json", **options)
    for call in (backend.load, lambda: backend.save(state_of("A"))):
        with pytest.raises(DataikuIaCError, match="AccessDenied.*which credentials"):
            call()


def test_nothing_listens(bucket):
    backend = open_backend(
        "s3://bucket/dev.state.json",
        endpoint="http://127.0.0.1:9",
        access_key_id="any",
        secret_access_key="any",
        retry_config={"max_retries": 0},
    )
    with pytest.raises(StateReadError, match="s3://bucket/dev.state.json") as caught:
        backend.load()
    assert "Debug" not in str(caught.value)


@pytest.fixture
def no_keys(monkeypatch, tmp_path):
    """An environment without credentials, and a file where they may be."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return path


def open_plainly(bucket, **options):
    return open_backend(f"s3://{bucket.name}/dev.state.json", **options)


def test_keys_and_address_of_the_environment_are_used(bucket, no_keys, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.endpoint)
    open_plainly(bucket).save(state_of("A"))
    assert open_plainly(bucket).load().project_keys() == ["A"]


def test_a_profile_of_the_aws_command_line_is_used(bucket, no_keys, monkeypatch):
    """boto3 reads it, where it is installed."""
    no_keys.write_text(
        "[team]\naws_access_key_id = team-key\naws_secret_access_key = any\n"
        "region = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "team")
    open_plainly(bucket, endpoint=bucket.endpoint).save(state_of("A"))
    assert open_plainly(bucket, endpoint=bucket.endpoint).exists()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigurationError, match="nobody"):
        open_plainly(bucket)


def test_a_profile_without_keys_is_told(bucket, no_keys):
    no_keys.write_text("[default]\nregion = eu-west-1\n")
    backend = open_plainly(bucket, endpoint=bucket.endpoint)
    with pytest.raises(StateReadError, match="no credentials"):
        backend.load()


def test_the_signature_in_an_address_is_not_shown():
    """Not in the message, and not in what a traceback shows as its cause."""
    backend = open_backend(
        "az://states/dev.state.json",
        account_name="team",
        sas_key="sv=2026-01-01&sig=c2VjcmV0",
        client_options={"allow_http": True},
        **UNREACHABLE,
    )
    for call in (backend.load, lambda: backend.save(state_of("A"))):
        with pytest.raises((StateReadError, StateWriteError)) as caught:
            call()
        shown = "".join(traceback.format_exception(caught.value))
        assert "c2VjcmV0" not in shown
    assert "c2VjcmV0" not in repr(backend)
