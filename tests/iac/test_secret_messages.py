"""Messages quote DSS and its address without the secrets in them."""

import logging
import traceback

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi import DSSClient
from dataikuapi.iac import DSSError, LocalFileBackend, StateManager
from dataikuapi.iac.reports import (
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.policy import RetryPolicy
from iac.secret_tables import SECRET, TOKENS

FORBIDDEN = "com.dataiku.dip.exceptions.UnauthorizedException"

MESSAGES = {
    "a URL": f"cannot connect to postgresql://me:{SECRET}@db:5432/shop",
    "JDBC": f"jdbc:sqlserver://db:1433;user=sa;password={SECRET};encrypt=true failed",
    "a connection string": f"AccountName=a;AccountKey={SECRET};EndpointSuffix=x",
    "a header": f"401 for request with Authorization: Bearer {SECRET}",
    "a signed URL": f"403: https://b.s3.amazonaws.com/k?X-Amz-Signature={SECRET}&x=1",
    "a parameter": f"refused: token={SECRET} is not valid",
    "JSON": f'bad request: {{"user": "me", "apiKey": "{SECRET}"}}',
    "a hook": f"404 for https://hooks.slack.com/services/T0/B0/{SECRET}",
    "at the end of the excerpt": f"{'x' * 180} password={SECRET}",
    "beyond the excerpt": f"{'x' * 300} password={SECRET}",
    **{f"the token of {name}": f"bad {''.join(TOKENS[name])}" for name in TOKENS},
}


def secrets_in(text):
    hidden = [SECRET, SECRET[:12], *("".join(parts) for parts in TOKENS.values())]
    return [secret for secret in hidden if secret in text]


@pytest.fixture
def manager(server, tmp_path):
    policy = RetryPolicy(sleep=lambda seconds: None)
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    return StateManager(backend, client, "dev", policy=policy)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=list(MESSAGES))
@pytest.mark.parametrize("error_type", ["java.io.IOException", FORBIDDEN])
def test_error_of_dss_is_quoted_without_secrets(error_type, message, manager, server):
    server.faults = lambda method, path: (
        Fault.error(400, error_type, message) if "/datasets/" in path else None
    )
    with pytest.raises(DSSError) as raised:
        manager.sync_resource("dataset.ORDERS_DEMO.orders")
    printed = "".join(traceback.format_exception(raised.value))
    assert not secrets_in(printed)
    assert message[:3] in str(raised.value)


@pytest.mark.parametrize("message", list(MESSAGES.values())[:10])
def test_reports_and_logs_are_without_secrets(message, manager, server, caplog):
    caplog.set_level(logging.DEBUG)
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    server.faults = lambda method, path: (
        Fault.error(500, f"java.{message}", message) if "/recipes/" in path else None
    )
    report = manager.drift("ORDERS_DEMO", ignore=[])
    assert report.unknown
    renderers = (render_html, render_json, render_junit, render_markdown, render_text)
    outputs = [render(report.diffs) for render in renderers]
    for text in [*outputs, str(report), repr(report), caplog.text]:
        assert not secrets_in(text)


def test_message_of_the_client_is_parsed_without_secrets():
    error = DataikuException(f"java.io.IOException: password={SECRET}")
    response = ErrorResponse.of_exception(error)
    assert response.message == "password=<secret>"
    assert str(response) == "java.io.IOException: password=<secret>"


@pytest.mark.parametrize("command", ["::add-mask::x", "##vso[task.x]y", "##[group]z"])
def test_error_of_dss_holds_no_command_of_a_runner(command, manager, server):
    server.faults = lambda method, path: (
        Fault.error(400, f"java.X{command}", f"failed\n{command}\x1b[1m")
        if "/datasets/" in path
        else None
    )
    with pytest.raises(DSSError) as raised:
        manager.sync_resource("dataset.ORDERS_DEMO.orders")
    printed = "".join(traceback.format_exception(raised.value))
    assert "java.X" in printed and "##" not in printed and "\x1b" not in printed
    assert not any(line.startswith("::") for line in printed.splitlines())


HOSTS = {
    "https://dss.example.com:11200": "https://dss.example.com:11200",
    f"https://dss.example/?token={SECRET}": "https://dss.example/?token=<secret>",
    f"https://h/dss?x=1&api_key={SECRET}": "https://h/dss?x=1&api_key=<secret>",
    f"https://h/#access_token={SECRET}": "https://h/#access_token=<secret>",
    f"https://h/?sig={SECRET}&x=1": "https://h/?sig=<secret>&x=1",
    f"https://me:{SECRET}@h:1": "https://h:1",
    f"https://{SECRET}@h": "https://h",
    f"me:{SECRET}@h": "h",
    f"https://me:p/{SECRET}@h": "https://me:<secret>@h",
    f"https://me:{SECRET}@h/?token={SECRET}": "https://h/?token=<secret>",
    "https://h/?user=a@b": "https://h/?user=a@b",
}


@pytest.mark.parametrize(("host", "shown"), HOSTS.items(), ids=list(HOSTS.values()))
def test_address_is_shown_without_secrets(host, shown):
    assert describe_host(DSSClient(host, "key")) == f"DSS at {shown}"


def test_messages_show_the_address_without_secrets(tmp_path):
    client = DSSClient(f"http://127.0.0.1:9/?token={SECRET}", "a key")
    policy = RetryPolicy(max_retries=0)
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    manager = StateManager(backend, client, "dev", policy=policy)
    with pytest.raises(DSSError) as raised:
        manager.sync_all()
    assert "DSS at http://127.0.0.1:9/?token=<secret>" in str(raised.value)
    assert not secrets_in(f"{raised.value} {manager!r}")
