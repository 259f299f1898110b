"""Where URL, API key and TLS settings come from, and in which order."""

import json
import shutil
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from dataikuapi.iac import (
    ConfigurationError,
    IgnoreFileError,
    LocalFileBackend,
    StateManager,
)
from dataikuapi.iac.config import (
    Configuration,
    Connection,
    Environment,
    Options,
    Tls,
    open_client,
    read_config_file,
    resolve_connection,
)
from dataikuapi.iac.exceptions import DSSUnreachableError, InvalidResponseError

NO_OPTIONS = Options()
DEV, PROD, OTHER = (f"https://{name}.example.com" for name in ("dev", "prod", "other"))


@pytest.fixture
def instances(tmp_path, monkeypatch):
    """Dataiku's own file, in a home directory of its own."""
    home = tmp_path / "home"
    path = home / ".dataiku" / "config.json"
    path.parent.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    path.write_text(
        json.dumps(
            {
                "dss_instances": {
                    "design": {"url": f"{DEV}/", "api_key": "key of design"},
                    "live": {
                        "url": PROD,
                        "api_key": "key of live",
                        "no_check_certificate": True,
                    },
                },
                "default_instance": "design",
            }
        )
    )
    return path


@pytest.fixture
def resolve(tmp_path, monkeypatch):
    """Resolve the connection of an environment in a file with this text."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))

    def resolved(text="", name="dev", options=NO_OPTIONS, **variables):
        path = tmp_path / "dataiku-iac.yaml"
        path.write_text(text)
        configuration = read_config_file(path)
        environment = configuration.environment(name)
        return resolve_connection(
            configuration, environment, options, variables=variables
        )

    return resolved


FILE = f"environments: {{dev: {{host: {DEV}}}, prod: {{host: {PROD}}}}}\n"
NAMED = "environments: {dev: {instance: live}}\n"


@pytest.mark.parametrize(
    ("text", "variables", "host", "source"),
    [
        (FILE, {}, DEV, "dataiku-iac.yaml:1"),
        (NAMED, {}, PROD, "config.json"),
        ("", {"DATAIKU_HOST": OTHER, "DKU_DSS_URL": PROD}, OTHER, "DATAIKU_HOST"),
        ("", {"DKU_DSS_URL": OTHER, "DKU_INSTANCE_NAME": "x"}, OTHER, "DKU_DSS_URL"),
        ("", {"DKU_INSTANCE_NAME": "live"}, PROD, "live in"),
        ("", {}, f"{DEV}/", "design in"),
    ],
)
def test_url_comes_from_the_first_source(
    instances, resolve, monkeypatch, text, variables, host, source
):
    monkeypatch.setenv("HOME", str(instances.parents[1]))
    connection = resolve(text, DATAIKU_API_KEY="k", **variables)
    assert connection.host == host
    assert source in connection.source


def test_option_wins_over_file_and_variables(resolve):
    options = Options(host=OTHER)
    for name, key in (
        ("DATAIKU_HOST", "DKU_API_KEY"),
        ("DKU_DSS_URL", "DATAIKU_API_KEY"),
    ):
        variables = {name: PROD, key: "k"}
        assert resolve(FILE, options=options, **variables).host == OTHER


@pytest.mark.parametrize("name", ["DATAIKU_HOST", "DKU_DSS_URL"])
def test_variable_that_contradicts_the_file_is_an_error(resolve, name):
    with pytest.raises(ConfigurationError, match=f"{name} is for {OTHER}.*'dev'"):
        resolve(FILE, DATAIKU_API_KEY="k", **{name: OTHER})


@pytest.mark.parametrize("same", [f"{DEV}/", "HTTPS://DEV.example.com:443"])
def test_variable_that_agrees_with_the_file_is_no_error(resolve, same):
    assert resolve(FILE, DATAIKU_HOST=same, DATAIKU_API_KEY="k").host == DEV


def test_instance_name_that_contradicts_the_file_is_an_error(
    instances, resolve, monkeypatch
):
    monkeypatch.setenv("HOME", str(instances.parents[1]))
    with pytest.raises(ConfigurationError, match="DKU_INSTANCE_NAME is for"):
        resolve(NAMED, DKU_INSTANCE_NAME="design")


def test_password_in_a_variable_is_not_quoted(resolve):
    with pytest.raises(ConfigurationError) as caught:
        resolve(FILE, DATAIKU_HOST="https://ann:s3cret@other.example.com")
    assert "s3cret" not in str(caught.value)


def test_host_of_another_environment_is_refused(resolve):
    with pytest.raises(ConfigurationError, match=r"environment 'prod'.*not of 'dev'"):
        resolve(FILE, options=Options(host=f"{PROD}/"), DATAIKU_API_KEY="k")


def test_host_of_another_environment_is_refused_where_instances_have_names(
    instances, resolve, monkeypatch
):
    monkeypatch.setenv("HOME", str(instances.parents[1]))
    text = "environments: {dev: {instance: design}, prod: {instance: live}}\n"
    with pytest.raises(ConfigurationError, match=r"environment 'prod'.*not of 'dev'"):
        resolve(text, options=Options(host=PROD))
    assert resolve(text).host == f"{DEV}/"


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"DATAIKU_API_KEY": "ours", "DKU_API_KEY": "theirs"}, "ours"),
        ({"DKU_API_KEY": "theirs"}, "theirs"),
        ({"DKU_API_KEY": "theirs", "DKU_DSS_URL": DEV}, "theirs"),
        ({}, "key of design"),
    ],
)
def test_key_comes_from_the_first_source(
    instances, resolve, monkeypatch, variables, key
):
    monkeypatch.setenv("HOME", str(instances.parents[1]))
    connection = resolve(FILE, **variables)
    assert connection.api_key == key
    assert key not in repr(connection)


def test_key_of_another_url_is_not_used(instances, resolve, monkeypatch):
    monkeypatch.setenv("HOME", str(instances.parents[1]))
    with pytest.raises(ConfigurationError, match="no API key for .* DATAIKU_API_KEY"):
        resolve(options=Options(host=OTHER), DKU_API_KEY="theirs", DKU_DSS_URL=PROD)
    variables = {"DATAIKU_API_KEY": "s3cret", "DATAIKU_HOST": PROD}
    assert resolve(**variables).api_key == "s3cret"
    with pytest.raises(ConfigurationError, match=f"no API key for {OTHER}.*is {PROD}"):
        resolve(options=Options(host=OTHER), **variables)


def test_file_that_a_variable_names_replaces_that_of_the_home_directory(
    resolve, tmp_path
):
    path = tmp_path / "instances.json"
    path.write_text('{"dss_instances": {"a": {"url": "https://a.org"}}}')
    variables = {"DKU_CONFIG_FILE": str(path), "DATAIKU_API_KEY": "k"}
    assert resolve(DKU_INSTANCE_NAME="a", **variables).host == "https://a.org"
    with pytest.raises(ConfigurationError, match=r"no DSS instance 'b' in .*: a"):
        resolve(DKU_INSTANCE_NAME="b", **variables)
    path.unlink()
    with pytest.raises(ConfigurationError, match="DKU_CONFIG_FILE: no file"):
        resolve(DKU_INSTANCE_NAME="a", **variables)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"dss_instances": {"a": "s3cret"}}',
        '{"dss_instances": {"a": {"url": "https://s3cret "}}',
        '{"dss_instances": 1}',
        '{"dss_instances": {}, "default_instance": ["s3cret"]}',
        '{"dss_instances": {"a": {"url": "https://x", "api_key": 1}}}',
    ],
)
def test_invalid_file_of_dataiku_is_an_error_that_quotes_nothing(
    resolve, tmp_path, content
):
    path = tmp_path / "instances.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"instances\.json") as caught:
        resolve(DKU_CONFIG_FILE=str(path))
    assert "s3cret" not in str(caught.value)


def test_check_of_certificates_is_not_turned_off_by_a_text(resolve, tmp_path):
    path = tmp_path / "instances.json"
    entry = {"url": PROD, "api_key": "k", "no_check_certificate": "false"}
    path.write_text(json.dumps({"dss_instances": {"a": entry}}))
    with pytest.raises(ConfigurationError, match="a: no_check_cert.* true or false"):
        resolve(NAMED.replace("live", "a"), DKU_CONFIG_FILE=str(path))


@pytest.mark.parametrize("name", ["DKU_DSS_URL", "DKU_API_KEY", "DKU_INSTANCE_NAME"])
def test_blank_variables_are_refused_by_name(resolve, name):
    variables = {"DKU_DSS_URL": OTHER, name: " "}
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        resolve(**variables)


def test_without_any_source_the_error_names_the_first_two(resolve):
    with pytest.raises(ConfigurationError, match="pass --host or set DATAIKU_HOST"):
        resolve()


def test_inside_dss_its_own_client_is_used(resolve, monkeypatch, dataiku_client):
    fake = SimpleNamespace(api_client=lambda: dataiku_client)
    monkeypatch.setitem(sys.modules, "dataiku", fake)
    connection = resolve()
    assert open_client(connection) is dataiku_client
    assert resolve(FILE, DATAIKU_API_KEY="k").host == DEV


def test_library_of_dss_without_a_configuration_is_no_source(resolve, monkeypatch):
    def fail():
        raise Exception("No DSS URL or API key found")

    monkeypatch.setitem(sys.modules, "dataiku", SimpleNamespace(api_client=fail))
    with pytest.raises(ConfigurationError, match="pass --host or set DATAIKU_HOST"):
        resolve()


STRICT = f"environments: {{dev: {{host: {DEV}, tls: {{no_check_certificate: false}}}}}}"
NO_CHECK = {"DKU_NO_CHECK_CERTIFICATE": "true", "DATAIKU_API_KEY": "k"}


def test_certificates_are_checked_unless_a_source_says_otherwise(
    resolve, instances, monkeypatch
):
    assert not resolve(FILE, DATAIKU_API_KEY="k").tls.no_check_certificate
    assert resolve(FILE, **NO_CHECK).tls.no_check_certificate
    monkeypatch.setenv("HOME", str(instances.parents[1]))
    assert resolve(NAMED).tls.no_check_certificate
    assert not resolve(NAMED, DKU_NO_CHECK_CERTIFICATE="0").tls.no_check_certificate
    with pytest.raises(ConfigurationError, match="true or false"):
        resolve(FILE, DKU_NO_CHECK_CERTIFICATE="maybe", DATAIKU_API_KEY="k")


def test_no_check_that_contradicts_the_file_is_an_error_unless_it_is_an_option(resolve):
    with pytest.raises(ConfigurationError, match="DKU_NO_CHECK_CERTIFICATE is true"):
        resolve(STRICT, **NO_CHECK)
    options = Options(tls=Tls(no_check_certificate=True))
    assert resolve(STRICT, options=options, **NO_CHECK).tls.no_check_certificate


def test_client_certificate_and_its_key_have_one_source(resolve, tmp_path):
    text = FILE.replace(
        "dev.example.com}",
        "dev.example.com, tls: {client_certificate: a.pem, client_key: a.key}}",
    )
    a, b = tmp_path / "a.pem", tmp_path / "b.pem"
    found = resolve(text, DATAIKU_API_KEY="k").tls
    assert (found.client_certificate, found.client_key) == (a, tmp_path / "a.key")
    options = Options(tls=Tls(client_certificate=b))
    found = resolve(text, options=options, DATAIKU_API_KEY="k").tls
    assert (found.client_certificate, found.client_key) == (b, None)
    options = Options(tls=Tls(client_key=b))
    with pytest.raises(ConfigurationError, match=r"b\.pem has no certificate"):
        resolve(text, options=options, DATAIKU_API_KEY="k")


def test_missing_certificate_file_is_an_error_before_any_request(tmp_path):
    connection = Connection(DEV, "", "k", "", Tls(ca_file=tmp_path / "none.pem"))
    with pytest.raises(ConfigurationError, match=r"none\.pem"):
        open_client(connection)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of localhost that nobody signed, and its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x".split(),
            *"-addext subjectAltName=DNS:localhost -keyout key -out cert".split(),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    path = folder / "both.pem"
    path.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return path


@pytest.fixture
def tls_url(certificate):
    """Serve ``{}`` over TLS; the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("localhost", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings("ignore:Unverified")
@pytest.mark.parametrize("bundle", [None, "/nothing/here.pem"])
def test_certificates_are_checked_as_configured(
    tls_url, certificate, monkeypatch, tmp_path, bundle
):
    if bundle:  # requests prefers it to the settings of a session.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    for tls in (Tls(ca_file=certificate), Tls(no_check_certificate=True)):
        client = open_client(Connection(tls_url, "", "k", "", tls))
        assert client.list_projects() == []
        assert client._session.get(tls_url).ok  # As version 12 of the client does.
        manager = StateManager(LocalFileBackend(tmp_path / "s.json"), client, "dev")
        with pytest.raises(InvalidResponseError):  # It is reached, and is not DSS.
            manager.sync_all()


def test_certificate_that_nobody_trusts_is_refused(tls_url, tmp_path):
    client = open_client(Connection(tls_url, "", "k", ""))
    manager = StateManager(LocalFileBackend(tmp_path / "s.json"), client, "dev")
    with pytest.raises(DSSUnreachableError):
        manager.sync_all()


def test_environment_of_another_file_is_not_compared(resolve):
    environment = Environment("dev", "x.json")
    connection = resolve_connection(
        Configuration(),
        environment,
        variables={"DATAIKU_HOST": DEV, "DATAIKU_API_KEY": "k"},
    )
    assert connection.host == DEV


def test_manager_is_made_from_the_file(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATAIKU_HOST", raising=False)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)
    (tmp_path / "dataiku-iac.yaml").write_text(
        f"environments:\n  prod: {{host: {server.url}, state: prod.json, workers: 2}}"
    )
    manager = StateManager.from_config("prod")
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    assert (tmp_path / "prod.json").is_file()
    assert manager.environment == "prod"
    assert manager.drift().exit_code == 0
    with pytest.raises(ConfigurationError, match="no environment 'dev'"):
        StateManager.from_config()


@pytest.fixture
def configured(server, store, tmp_path, monkeypatch):
    """A manager whose environment has one of two projects, and an ignore file."""
    store.add_project("OTHER")
    folder = tmp_path / "below"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)
    (folder / ".dataikuignore").write_text("dataset.*.orders *\n")
    (tmp_path / "agreed").write_text("dataset.*.countries description\n")
    (tmp_path / "dataiku-iac.yaml").write_text(
        "environments:\n  prod:\n"
        f"    host: {server.url}\n    state: prod.json\n    ignore: agreed\n"
        "    project_keys: {orders: ORDERS_DEMO}\n"
    )
    return StateManager.from_config("prod")


def test_manager_reads_the_projects_of_the_environment(configured, store):
    assert configured.sync_all().project_keys() == ["ORDERS_DEMO"]
    assert configured.sync_all(["OTHER"]).project_keys() == ["OTHER"]
    configured.save_state(configured.sync_all(["OTHER", "ORDERS_DEMO"]))
    store.add_dataset("OTHER", "unseen")
    assert configured.drift().project_keys == ("ORDERS_DEMO",)
    assert configured.drift("OTHER").project_keys == ("OTHER",)
    assert "dataset.OTHER.unseen" not in configured.refresh()
    assert "dataset.OTHER.unseen" in configured.refresh(projects=["OTHER"])


def test_manager_ignores_what_the_environment_ignores(configured):
    configured.save_state(configured.sync_all())
    project = configured.client.get_project("ORDERS_DEMO")
    for name in ("orders", "countries"):
        settings = project.get_dataset(name).get_settings()
        settings.description = "Changed."
        settings.save()
    assert [diff.resource_id for diff in configured.drift()] == [
        "dataset.ORDERS_DEMO.orders"
    ]
    assert len(configured.drift(ignore=[])) == 2
    configured.refresh()
    assert sum(diff.has_changed for diff in configured.diff_versions(1, 2)) == 1


def test_the_ignore_file_of_an_environment_has_to_exist(configured, tmp_path):
    configured.save_state(configured.sync_all())
    (tmp_path / "agreed").unlink()
    with pytest.raises(IgnoreFileError, match="there is no file"):
        configured.drift()
