"""Secrets never reach a state, a backup, a diff, a message or a log."""

import json
import logging

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types.secrets import make_redactor, redact, redact_constant

SECRET = "hunter2-very-secret"
HOOK = {"hook": {"type": "github", "configuration": {"accessToken": SECRET}}}
PLUGIN = {"account": {"mode": "INLINE", "inlinedConfig": {"api_key": SECRET}}}

# Where DSS returns secrets in clear text, in projects, datasets and recipes.
PLACES = {
    "a project's GitHub hook": (
        "project",
        {"settings": {"integrations": {"integrations": [HOOK]}}},
    ),
    "a project's web hook": ("project", {"settings": {"x": {"webhookUrl": SECRET}}}),
    "a property of a project": (
        "project",
        {"settings": {"dkuProperties": [{"name": "db.password", "value": SECRET}]}},
    ),
    "a plugin dataset": ("dataset", {"params": {"customConfig": PLUGIN}}),
    "a property of a dataset": (
        "dataset",
        {"dkuProperties": [{"name": "api-key", "value": SECRET}]},
    ),
    "a URL of a dataset": (
        "dataset",
        {"params": {"sources": [{"url": f"ftp://me:{SECRET}@host/file"}]}},
    ),
    "a plugin recipe": ("recipe", {"params": {"customConfig": PLUGIN}}),
    "a token of a plugin recipe": (
        "recipe",
        {"params": {"customConfig": {"p": {"inlinedConfig": {"token": SECRET}}}}},
    ),
    "a variable of a recipe": ("recipe", {"variables": {"DB_PASSWORD": SECRET}}),
    "a download recipe": (
        "recipe",
        {"params": {"source": {"url": f"sftp://me:{SECRET}@host/"}}},
    ),
    "a private key": (
        "recipe",
        {"params": {"x": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}"}},
    ),
    "a visual recipe": ("payload", {"steps": [{"params": {"apiKey": SECRET}}]}),
}


def store_with(kind, fields):
    """Return a store with one object that has these fields."""
    store = ProjectStore()
    store.add_project("P", **(fields if kind == "project" else {}))
    store.add_dataset("P", "d", **(fields if kind == "dataset" else {}))
    payload = json.dumps(fields) if kind == "payload" else None
    fields = fields if kind == "recipe" else {}
    store.add_recipe("P", "r", type="shaker", payload=payload, **fields)
    return store


def changed(fields):
    return json.loads(json.dumps(fields).replace(SECRET, "another-secret"))


@pytest.fixture
def synced(serve):
    """Return a function that syncs and saves a project."""
    return lambda *arguments: sync_and_save(serve, *arguments)


def sync_and_save(serve, store, folder, secret_key=None):
    with serve(store) as server:
        manager = StateManager(
            LocalFileBackend(folder / "p.state.json"),
            DSSClient(server.url, server.api_key),
            "test",
            secret_key=secret_key,
        )
        state = manager.sync_project("P")
        manager.save_state(state)
    return state


@pytest.mark.parametrize(("kind", "fields"), PLACES.values(), ids=list(PLACES))
@pytest.mark.parametrize("secret_key", [None, "our own secret key"])
def test_secret_is_neither_written_nor_printed(
    synced, kind, fields, secret_key, tmp_path, caplog
):
    caplog.set_level(logging.DEBUG)
    before = synced(store_with(kind, fields), tmp_path, secret_key)
    after = synced(store_with(kind, changed(fields)), tmp_path, secret_key)
    diffs = DiffEngine().diff(before, after)

    written = [path.read_text("utf-8") for path in tmp_path.iterdir()]
    assert len(written) == 3  # The state, its previous version and the lock file.
    printed = [
        DiffEngine().format_output(diffs),
        repr(diffs),
        repr(before),
        caplog.text,
    ]
    for text in written + printed:
        assert SECRET not in text and "another-secret" not in text
        assert "our own secret key" not in text


@pytest.mark.parametrize(("kind", "fields"), PLACES.values(), ids=list(PLACES))
def test_changed_secret_shows_only_with_a_key(synced, kind, fields, tmp_path):
    def modified(secret_key):
        before = synced(store_with(kind, fields), tmp_path, secret_key)
        after = synced(store_with(kind, changed(fields)), tmp_path, secret_key)
        return DiffEngine().summary(DiffEngine().diff(before, after))["modified"]

    assert modified("our own secret key") == 1
    assert modified(None) == 0


def test_key_from_the_environment(synced, tmp_path, monkeypatch):
    fields = {"params": {"password": SECRET}}
    explicit = synced(store_with("dataset", fields), tmp_path, "our own secret key")
    monkeypatch.setenv("DATAIKU_IAC_SECRET_KEY", "our own secret key")
    from_environment = synced(store_with("dataset", fields), tmp_path)

    assert DiffEngine().summary(DiffEngine().diff(explicit, from_environment)) == {
        "added": 0,
        "removed": 0,
        "modified": 0,
        "unchanged": 3,
    }


def test_encrypted_values_are_constant_even_with_a_key():
    value: JSON = {"password": "e:AES:abc", "other": "e:AES:def"}

    assert redact(value, make_redactor("a key of 16 characters")) == {
        "password": "<encrypted>",
        "other": "<encrypted>",
    }


NOT_SECRET = {
    "an empty password": {"password": ""},
    "no password": {"password": None},
    "a switch": {"usePassword": False, "password": True},
    "how a secret is stored": {"credentialsMode": "GLOBAL", "tokenType": "BEARER"},
    "a number of tokens": {"maxTokens": 512},
    "a tokenizer": {"tokenizer": "whitespace", "tokenization": "words"},
    "a column called token": {"columns": [{"name": "token", "type": "string"}]},
    "columns as keys": {"outputColumnNameOverrides": {"token_sum": "tokens"}},
    "a URL without a password": {"url": "https://me@host:80/a:b@c"},
    "text with a colon": {"comment": "see http://host and mail me:a@b"},
}


@pytest.mark.parametrize("value", NOT_SECRET.values(), ids=list(NOT_SECRET))
def test_values_that_are_not_secret_are_kept(value):
    assert redact(value, redact_constant) == value


SECRET_VALUES = {
    "a secret below a name": (
        {"credentials": {"user": "x", "mode": "BASIC", "list": ["y", 1]}},
        {"credentials": {"user": "<secret>", "mode": "BASIC", "list": ["<secret>", 1]}},
    ),
    "a password that is a number": ({"pinPassword": 12}, {"pinPassword": "<secret>"}),
    "a password with an @ in it": (
        {"u": "https://me:p@ss@host/x"},
        {"u": "https://me:<secret>@host/x"},
    ),
    "a parameter of a URL": (
        {"u": "jdbc:x://h/d?user=a&password=b;ssl=1", "v": "https://h/?token=abc#top"},
        {
            "u": "jdbc:x://h/d?user=a&password=<secret>;ssl=1",
            "v": "https://h/?token=<secret>#top",
        },
    ),
    "a chat's web hook": (
        {"u": "https://hooks.slack.com/services/T0/B0/xyz"},
        {"u": "https://hooks.slack.com/services/<secret>"},
    ),
    "a short name": (
        {"pwd": "x", "db_pwd": "y"},
        {"pwd": "<secret>", "db_pwd": "<secret>"},
    ),
    "only the password of a URL": (
        {"u": "https://me:pw@host/x and ftp://a:b@c"},
        {"u": "https://me:<secret>@host/x and ftp://a:<secret>@c"},
    ),
}


@pytest.mark.parametrize(
    ("value", "expected"), SECRET_VALUES.values(), ids=list(SECRET_VALUES)
)
def test_secrets_are_redacted(value, expected):
    assert redact(value, redact_constant) == expected


def test_scripts_are_not_searched(synced, tmp_path):
    store = store_with("recipe", {})
    store.add_recipe("P", "code", type="python", payload="password = 'x'\n")

    recipe = synced(store, tmp_path).get_resource("recipe.P.code")
    assert recipe.attributes["payload"] == "password = 'x'\n"
