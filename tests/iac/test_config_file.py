"""The configuration file: where it is found, and what its errors say."""

import os
from pathlib import Path

import pytest

from dataikuapi.iac import ConfigurationError
from dataikuapi.iac.config import (
    Tls,
    find_config_file,
    load_config,
    read_config_file,
)
from dataikuapi.iac.config.template import write_config_file
from dataikuapi.iac.overlay import Overlay, Patch

FILE = "dataiku-iac.yaml"


@pytest.fixture
def written(tmp_path):
    """Write a configuration file, and return its path."""

    def write(text):
        path = tmp_path / FILE
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write


def test_every_setting_is_read(written, tmp_path):
    path = written("""\
environments:
  dev:
    instance: design
    project_keys: [SHOP, CRM]
  prod:
    host: https://dss.example.com/dss
    project_keys: {SHOP: SHOP_PROD}
    state: states/prod.json
    ignore: rules
    workers: 4
    tls:
      ca_file: ca.pem
      client_certificate: /etc/client.pem
      client_key: client.key
""")
    configuration = read_config_file(path)
    dev, prod = configuration.environments.values()
    assert (dev.name, dev.instance, dev.host) == ("dev", "design", None)
    assert dev.project_keys == {"SHOP": "SHOP", "CRM": "CRM"}
    assert dev.state == str(tmp_path / ".dataiku/state/dev.state.json")
    assert (dev.ignore, dev.workers) == (None, 10)
    assert prod.host == "https://dss.example.com/dss"
    assert prod.project_keys == {"SHOP": "SHOP_PROD"}
    assert prod.state == str(tmp_path / "states/prod.json")
    assert (prod.ignore, prod.workers) == (tmp_path / "rules", 4)
    assert prod.tls.ca_file == tmp_path / "ca.pem"
    assert str(prod.tls.client_certificate) == "/etc/client.pem"
    assert prod.tls.client_key == tmp_path / "client.key"
    assert prod.tls.no_check_certificate is None


def test_projects_and_overlay_are_read(written, tmp_path):
    configuration = read_config_file(written("""\
projects:
  SHOP: {source: ./code/SHOP}
environments:
  prod:
    connections: {snow_dev: snow_prod}
    code_envs: {py39: py39_prod}
    variables: {threshold: 3, table: [a, {b: null}]}
    patch:
      - {id: "dataset.*", pointer: /params/schema, value: PROD}
"""))
    assert configuration.sources == {"SHOP": tmp_path / "code/SHOP"}
    assert configuration.environment("prod").overlay == Overlay(
        {"snow_dev": "snow_prod"},
        {"py39": "py39_prod"},
        {"threshold": 3, "table": ["a", {"b": None}]},
        (Patch("dataset.*", "/params/schema", "PROD"),),
    )


def test_what_the_code_manages_is_read(written, tmp_path):
    configuration = read_config_file(written("""\
manage:
  types: [project, dataset]
  protect: ["dataset.SHOP.raw_*"]
  ignore: rules
environments:
  dev: {}
  prod: {ignore: others}
"""))
    assert configuration.manage.types == ("project", "dataset")
    assert configuration.manage.protect == ("dataset.SHOP.raw_*",)
    assert configuration.environment("dev").ignore == tmp_path / "rules"
    assert configuration.environment("prod").ignore == tmp_path / "others"


PATCH = "environments:\n  prod:\n    patch:\n      - {id: a, pointer: %s, value: %s}\n"
INVALID = {
    "project without source": ("projects:\n  SHOP: {}\n", "2: projects.SHOP"),
    "project without a key": ("projects:\n  'a b': {source: x}\n", "project key"),
    "connection without name": (
        "environments:\n  prod:\n    connections: {a: 1}\n",
        "3: environments.prod.connections.a: expected a map from the name",
    ),
    "patch without value": (
        "environments:\n  prod:\n    patch: [{id: a, pointer: /a}]\n",
        "3: environments.prod.patch.0: expected a list of patches",
    ),
    "no pointer": (PATCH % ("a", 1), "patch.0.pointer: expected a JSON Pointer"),
    "bad escape": (PATCH % ("/a~2", 1), "4: environments.prod.patch.0: in a JSON"),
    "date": (PATCH % ("/a", "2026-01-01"), "patch.0.value: expected a value of JSON"),
    "not finite": (PATCH % ("/a", ".nan"), "patch.0.value: expected a value of JSON"),
    "secret in a patch": (PATCH % ("/password", "hunter2"), "looks like a secret"),
    "secret variable": (
        "environments:\n  prod:\n    variables:\n      db_password: hunter2\n",
        "4: environments.prod.variables.db_password: it looks like a secret",
    ),
    "two projects in one folder": (
        "projects:\n  A: {source: x}\n  B: {source: ./x}\n",
        "3: projects.B: the same as A",
    ),
    "two projects with one key": (
        "environments:\n  dev:\n    project_keys: {A: K, B: K}\n",
        "3: environments.dev.project_keys.B: the same as A",
    ),
    "managed type": ("manage:\n  types: [datset]\n", "2: manage.types.0: "),
    "nothing protected": (
        "manage:\n  protect: dataset.SHOP.raw\n",
        "2: manage.protect: expected a list of ids or patterns",
    ),
    "bad pattern": ("manage:\n  protect: [a~3]\n", "2: manage.protect.0: "),
    "unknown key of manage": ("manage: {type: [dataset]}\n", "did you mean types?"),
    "not a map": ("- a\n", "1: expected a map"),
    "unknown top key": ("enviroments:\n  dev: {}\n", "did you mean environments?"),
    "unknown key": (
        "environments:\n  dev:\n    workers: 3\n    hots: https://x\n",
        "4: environments.dev.hots: unknown key; did you mean host?",
    ),
    "no similar key": ("environments:\n  dev: {zzz: 1}\n", "use one of: host, "),
    "no environment": ("environments: {}\n", "at least one environment"),
    "environment without settings": ("environments:\n  dev:\n", "2: environments.dev:"),
    "bad name": ("environments:\n  ../x: {}\n", "invalid name '../x'"),
    "host and instance": (
        "environments:\n  dev: {host: https://a.example.com, instance: b}\n",
        "2: environments.dev: has both host and instance",
    ),
    "host with a path of its own": (
        "environments:\n  dev: {host: dss.example.com}\n",
        "2: environments.dev.host: expected a URL such as",
    ),
    "workers": ("environments:\n  dev: {workers: 0}\n", "from 1 to 100"),
    "boolean key": (
        "environments:\n  dev:\n    project_keys:\n      - SHOP\n      - NO\n",
        "environments.dev.project_keys",
    ),
    "blank state": ("environments:\n  dev: {state: ' '}\n", "expected a path or URL"),
    "useless CA": (
        "environments:\n  dev:\n    tls: {ca_file: x, no_check_certificate: true}\n",
        "3: environments.dev.tls: no_check_certificate makes ca_file useless",
    ),
    "key without certificate": (
        "environments:\n  dev:\n    tls: {client_key: x}\n",
        "client_key requires client_certificate",
    ),
    "duplicate": (
        "environments:\n  dev: {}\n  prod: {}\n  dev: {}\n",
        "4: duplicate key 'dev'; remove one",
    ),
    "nested duplicate": (
        "environments:\n  dev:\n    workers: 1\n    workers: 2\n",
        "4: duplicate key 'workers'",
    ),
    "Norway": ("environments:\n  no: {}\n", "2: the key 'no' has to be in quotes"),
    "number as key": ("environments:\n  1: {}\n", "2: the key '1' has to be in quotes"),
    "no such day": ("a: 1\nb: 2020-13-45\n", "2: not a valid timestamp; put"),
    "no such offset": ("a: 2020-01-01T00:00:00+99:00\n", "1: not a valid timestamp"),
    "no integer": ("a: !!int s3cret\n", "1: not a valid int"),
    "no boolean": ("a: [\n!!bool s3cret]\n", "2: not a valid bool"),
    "no date": ("a: !!timestamp s3cret\n", "1: not a valid timestamp"),
    "too deep": ("[" * 5000, "1: it is nested too deeply"),
    "contains itself": ("a: &a\n  b: *a\n", "1: found unconstructable recursive node"),
    "syntax": ("environments:\n  dev: [\n", "3: "),
    "tab": ("environments:\n\tdev: {}\n", "2: found character '\\t'"),
    "Python object": ("environments: !!python/object:os.x {}\n", "1: "),
    "two documents": ("environments: {dev: {}}\n---\na: 1\n", "2: "),
    "control character": ("environments:\n  \x00\n", "2: a control character"),
    "encoding": ("environments: é".encode("latin-1"), "is not UTF-8 (byte 14)"),
}


@pytest.mark.parametrize("name", INVALID)
def test_error_names_file_line_key_and_next_step(written, name):
    text, message = INVALID[name]
    path = written(text)
    with pytest.raises(ConfigurationError) as caught:
        read_config_file(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_home_directory_is_meant_by_a_tilde(written, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    path = written("environments: {dev: {state: ~/states/dev.json}}\n")
    state = read_config_file(path).environment("dev").state
    assert state == str(tmp_path / "states/dev.json")


@pytest.mark.parametrize("key", ["api_key", "apiKey", "DATAIKU_API_KEY", "password"])
def test_api_keys_are_refused_and_not_quoted(written, key):
    path = written(f"environments:\n  dev:\n    {key}: s3cret\n")
    with pytest.raises(ConfigurationError, match="set DATAIKU_API_KEY") as caught:
        read_config_file(path)
    assert "s3cret" not in str(caught.value)


def test_password_in_a_url_is_refused_and_not_quoted(written):
    path = written("environments:\n  dev: {host: 'https://ann:s3cret@x.org'}\n")
    with pytest.raises(
        ConfigurationError, match=r"dev\.host: .*without user"
    ) as caught:
        read_config_file(path)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "\ufeffenvironments: {dev: {}}"]
)
def test_empty_file_has_the_defaults(written, text):
    environment = read_config_file(written(text)).environment("dev")
    assert environment.workers == 10


def test_merged_settings_may_be_overridden(written):
    path = written("""\
environments:
  dev: &dev
    host: https://dev.example.com
    workers: 3
  test:
    <<: *dev
    host: nonsense
""")
    with pytest.raises(ConfigurationError, match=r"7: environments\.test\.host: "):
        read_config_file(path)
    fixed = written(path.read_text().replace("nonsense", "https://test.example.com"))
    test = read_config_file(fixed).environment("test")
    assert (test.host, test.workers) == ("https://test.example.com", 3)


def test_unknown_environment_is_refused_with_a_hint(written):
    configuration = read_config_file(written("environments: {prod: {}, dev: {}}\n"))
    with pytest.raises(ConfigurationError, match=r"prod, dev\. Did you mean prod\?"):
        configuration.environment("prd")


def test_environment_is_dev_unless_a_variable_names_another(written):
    configuration = read_config_file(written("environments: {prod: {}, dev: {}}\n"))
    assert configuration.select(None, {}).name == "dev"
    variables = {"DATAIKU_ENVIRONMENT": "prod"}
    assert configuration.select(None, variables).name == "prod"
    assert configuration.select("dev", variables).name == "dev"


def test_file_is_found_upwards(written, tmp_path, monkeypatch):
    path = written("environments: {prod: {}}\n")
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert load_config().path == path
    (tmp_path / "a" / FILE).write_text("")
    assert load_config().path == tmp_path / "a" / FILE


def test_file_above_in_a_folder_that_everybody_may_write_to_is_skipped(
    written, tmp_path
):
    path = written("")
    folder = tmp_path / "mine"
    folder.mkdir()
    os.chmod(tmp_path, 0o1777)
    assert find_config_file(folder) != path
    assert find_config_file(tmp_path) == path


def test_missing_file_is_an_error_only_if_it_was_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="dataiku-iac init"):
        load_config("none.yaml")
    assert load_config().environment("any").state == ".dataiku/state/any.state.json"


def test_rules_beside_the_file_apply(written, tmp_path):
    path = written("environments: {dev: {}}\n")
    (tmp_path / ".dataikuignore").write_text("dataset.*\n")
    assert (
        read_config_file(path).environment("dev").ignore == tmp_path / ".dataikuignore"
    )


def test_first_file_is_valid_and_never_overwritten(tmp_path):
    path = tmp_path / FILE
    write_config_file(path, "prod", host="https://x.org", instance=None)
    environment = read_config_file(path).environment("prod")
    assert environment.host == "https://x.org"
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        write_config_file(path, "dev", host=None, instance="design")
    assert path.read_bytes() == before


@pytest.mark.parametrize("instance", ["our: design", "@x", "é😀", "a\nb", "\x7f", "~"])
def test_first_file_has_any_instance(tmp_path, instance):
    path = tmp_path / FILE
    write_config_file(path, "dev", host=None, instance=instance)
    assert read_config_file(path).environment("dev").instance == instance


@pytest.mark.parametrize("name", ["1", "on", "no", "null", "2026-01-01", "0x1"])
def test_first_file_has_any_name(tmp_path, name):
    path = tmp_path / FILE
    write_config_file(path, name, host="https://x.org", instance=None)
    assert list(read_config_file(path).environments) == [name]


def test_first_file_has_paths_relative_to_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    path = Path("conf") / FILE
    tls = Tls(Path("ca.pem"), Path("/etc/client.pem"))
    write_config_file(path, "dev", host=None, instance=None, state="a.json", tls=tls)
    environment = read_config_file(path).environment("dev")
    assert Path(environment.state).resolve() == tmp_path / "a.json"
    assert environment.tls == Tls(Path("conf/../ca.pem"), Path("/etc/client.pem"))


@pytest.mark.parametrize("host", ["https://a:b@x", "@x", "[x"])
def test_first_file_is_not_written_with_an_invalid_url(tmp_path, host):
    with pytest.raises(ConfigurationError, match="host: expected a URL"):
        write_config_file(tmp_path / FILE, "dev", host=host, instance=None)
    assert list(tmp_path.iterdir()) == []
