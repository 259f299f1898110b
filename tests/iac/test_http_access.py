"""Who a state on a server is read and written as, and what nobody gets to see."""

import base64
import logging
import os
import ssl

import pytest

from dataikuapi.iac import State, StateReadError, StateWriteError
from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.exceptions import ConfigurationError
from iac.http_state_server import Fault, Reply, serving
from iac.raw_server import certificate

SECRET = "s3cret/:@ä"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith(("TF_", "DATAIKU_IAC_", "REQUESTS_", "CURL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.fixture(scope="module")
def session_server():
    with serving() as server:
        yield server


@pytest.fixture
def server(session_server):
    session_server.requests.clear()
    session_server.faults.clear()
    session_server.documents.clear()
    session_server.authorization = None
    return session_server


def basic(user, password):
    pair = f"{user}:{password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def save(address, **options):
    backend = open_backend(address, **options)
    backend.save(State(environment="dev"))
    return backend


def sent(server):
    """Return the credentials of all requests."""
    return {each.headers.get("Authorization") for each in server.requests}


def gitlab(server):
    return f"{server.url}/terraform/state/x"


def test_user_and_password_are_options(server):
    server.authorization = basic("ann", SECRET)
    backend = save(gitlab(server), username="ann", password=SECRET)
    assert "s3cret" not in repr(backend)


def test_user_and_password_are_in_the_url(server):
    server.authorization = basic("ann", SECRET)
    with_user = gitlab(server).replace("//", "//ann:s3cret%2F%3A%40%C3%A4@")
    backend = save(with_user)
    assert repr(backend) == f"<HttpBackend {gitlab(server)}>"


def test_user_and_password_are_those_of_terraform(server, monkeypatch):
    monkeypatch.setenv("TF_HTTP_USERNAME", "ann")
    monkeypatch.setenv("TF_HTTP_PASSWORD", SECRET)
    server.authorization = basic("ann", SECRET)
    save(gitlab(server))
    monkeypatch.setenv("TF_HTTP_ADDRESS", f"{server.url}/other")
    monkeypatch.setenv("TF_HTTP_LOCK_ADDRESS", f"{server.url}/other/lock")
    save(gitlab(server))
    assert not any("other" in each.path for each in server.requests)


def test_what_is_for_another_server_stays_there(server, monkeypatch):
    monkeypatch.setenv("TF_HTTP_ADDRESS", "https://elsewhere.example/state")
    monkeypatch.setenv("TF_HTTP_PASSWORD", SECRET)
    monkeypatch.setenv("TF_HTTP_USERNAME", "ann")
    save(gitlab(server))
    assert sent(server) == {None}


def test_terraforms_variables_say_how_it_is_locked(server, monkeypatch):
    monkeypatch.setenv("TF_HTTP_ADDRESS", f"{server.url}/x")
    monkeypatch.setenv("TF_HTTP_LOCK_ADDRESS", f"{server.url}/x")
    monkeypatch.setenv("TF_HTTP_UPDATE_METHOD", "PUT")
    save(f"{server.url}/x")
    assert server.methods() == ["LOCK", "GET", "GET", "PUT", "UNLOCK"]


def test_a_token_is_sent_as_such(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login bob password other")
    server.authorization = "Bearer t0ken"
    save(gitlab(server), token="t0ken")
    save(gitlab(server), headers={"Authorization": "Bearer t0ken"})
    monkeypatch.setenv("DATAIKU_IAC_HTTP_TOKEN", "t0ken")
    save(gitlab(server))
    server.authorization = None
    server.requests.clear()
    save(gitlab(server), headers={"PRIVATE-TOKEN": "glpat"})
    assert {each.headers["PRIVATE-TOKEN"] for each in server.requests} == {"glpat"}


def test_netrc_is_read_where_nothing_else_is_given(server, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login bob password other")
    server.authorization = basic("bob", "other")
    save(gitlab(server))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(server, status):
    with serving() as other:
        place = {"Location": f"{other.url}/terraform/state/x"}
        server.faults.append(Fault("GET", Reply(status, b"", place), times=9))
        server.faults.append(Fault("LOCK", Reply(status, b"", place), times=9))
        backend = open_backend(gitlab(server), token="t0ken")
        with pytest.raises(StateReadError, match="redirects"):
            backend.load()
        with pytest.raises(StateWriteError, match="redirects"):
            backend.save(State(environment="dev"))
        assert not other.requests


def test_no_message_and_no_log_has_a_secret(server, caplog):
    caplog.set_level(logging.DEBUG)
    address = f"{server.url.replace('//', '//ann:s3cret@')}/terraform/state/x?ref=main"
    backend = open_backend(address, retry_max=1, retry_wait_min=0)
    backend.lock_timeout = 0
    messages = [repr(backend), repr(backend.capabilities)]
    for reply in (None, Reply(401), Reply(500), Reply(423)):
        for purpose in ("GET", "LOCK"):
            server.faults.append(Fault(purpose, reply, times=2))
            action = backend.load if purpose == "GET" else backend.locks
            try:
                messages.append(str(action()))
            except (StateReadError, StateWriteError) as error:
                messages += [str(error), str(error.__cause__)]
            server.faults.clear()
    assert len(messages) > 10
    assert "s3cret" not in "".join(messages) + caplog.text


@pytest.mark.parametrize(
    "options, named",
    [
        ({"headers": {"X-Key": "s3cret\n"}}, "X-Key"),
        ({"token": "s3cret\n"}, "token"),
        ({"client_ca_certificate_pem": "-----BEGIN s3cret"}, "client_ca"),
        ({"client_certificate_pem": "-----BEGIN s3cret"}, "client_certificate"),
        ({"client_certificate_pem": "/no/s3cret"}, "path of a file"),
        ({"journal_address": "ftp://h/s3cret@x"}, "not the URL"),
        ({"lock_address": "https://ann:s3cret@h/lock"}, "has a user"),
    ],
)
def test_wrong_options_are_said_without_their_value(options, named):
    with pytest.raises(ConfigurationError, match=named) as refused:
        open_backend("https://h.example/terraform/state/x", **options)
    if "journal_address" not in options:
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("name", ["TF_HTTP_RETRY_MAX", "TF_HTTP_RETRY_WAIT_MIN"])
def test_wrong_variables_are_said(name, monkeypatch):
    monkeypatch.setenv(name, "many")
    with pytest.raises(ConfigurationError, match=name):
        open_backend("https://h.example/terraform/state/x")


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A server that takes the certificates of one client alone."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "own").mkdir()
    own, client = certificate(folder / "own", "localhost"), certificate(folder, "ann")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client[0])
    with serving(lambda plain: context.wrap_socket(plain, server_side=True)) as server:
        address = f"{server.url}/terraform/state/x".replace("127.0.0.1", "localhost")
        yield address, own[0], client


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    "kind", [str, lambda path: path.read_text()], ids=["path", "PEM"]
)
def test_certificates_are_those_of_terraform(tls, kind, monkeypatch):
    address, authority, (certificate, key) = tls
    options = {
        "client_certificate_pem": kind(certificate),
        "client_private_key_pem": kind(key),
    }
    save(address, client_ca_certificate_pem=kind(authority), **options)
    save(address, skip_cert_verification=True, **options)
    with pytest.raises(StateReadError, match="no trusted connection.*self.signed"):
        open_backend(address, retry_max=0, **options).load()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    save(address, **options)
    with pytest.raises(StateReadError):
        open_backend(address, retry_max=0).load()
