"""Secrets are masked where they are; settings, also those about secrets, are not."""

import json
import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.reports import (
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types.secrets import (
    make_redactor,
    mask_text,
    redact,
    redact_constant,
)
from iac.conftest import REAL_PROJECTS
from iac.secret_tables import (
    DOCUMENTS,
    FORMS,
    NAMES,
    SECRET,
    TEXTS,
    TOKENS,
)
from iac.setting_tables import SETTINGS

KEY = "a key of 16 characters or more"
KINDS = REAL_PROJECTS.parent / "dss-kinds"


def planted(name, secret=None):
    """Return a text of the table with the secret in it, and what is left of it."""
    text = TEXTS[name].replace("«»", "«{S}»")
    masked = re.sub("«.*?»", "<secret>", text, flags=re.DOTALL)
    plain = text.replace("«", "").replace("»", "")
    return plain.replace("{S}", secret or FORMS.get(name, SECRET)), masked


def test_tables_are_long_enough():
    assert len(NAMES) + len(TOKENS) + len(TEXTS) + len(DOCUMENTS) >= 150
    assert len(set(NAMES)) == len(NAMES)
    assert len(SETTINGS) >= 80


@pytest.mark.parametrize("name", NAMES)
def test_value_is_a_secret_by_its_name(name):
    assert redact({name: SECRET}, redact_constant) == {name: "<secret>"}


@pytest.mark.parametrize("parts", TOKENS.values(), ids=list(TOKENS))
@pytest.mark.parametrize("text", ["{}", "see {}, which is new", "x={}", "({})"])
def test_token_is_recognized_by_its_shape(parts, text):
    token = "".join(parts)
    masked = redact({"x": text.format(token)}, redact_constant)
    assert masked == {"x": text.format("<secret>")}


@pytest.mark.parametrize("name", TEXTS)
def test_only_the_secret_is_masked_in_a_text(name):
    text, masked = planted(name)
    assert redact({"x": text}, redact_constant) == {"x": masked}
    assert mask_text(text) == masked


@pytest.mark.parametrize("name", TEXTS)
def test_change_beside_a_secret_shows(name):
    text, _ = planted(name)
    before = redact({"x": f"{text}\n1"}, redact_constant)
    after = redact({"x": f"{text}\n2"}, redact_constant)
    if name not in ("an OpenSSH key", "a PuTTY key"):  # They end with the text.
        assert before != after


@pytest.mark.parametrize(
    ("document", "secret"), DOCUMENTS.values(), ids=list(DOCUMENTS)
)
def test_secret_is_masked_in_a_document(document, secret):
    masked = json.dumps(redact(document, redact_constant))
    assert secret not in masked
    assert "<secret>" in masked or "<encrypted>" in masked


@pytest.mark.parametrize("setting", SETTINGS)
def test_setting_is_kept(setting):
    for value in SETTINGS[setting]:
        assert redact({setting: value}, redact_constant) == {setting: value}


@pytest.mark.parametrize("redactor", [redact_constant, make_redactor(KEY)])
def test_masking_twice_changes_nothing(redactor):
    documents: list[Any] = [
        *({name: SECRET} for name in NAMES),
        *({"x": planted(name)[0]} for name in TEXTS),
        *({"webhookUrl": planted(name)[0]} for name in TEXTS),
        *(document for document, _ in DOCUMENTS.values()),
    ]
    once = [redact(document, redactor) for document in documents]
    assert [redact(document, redactor) for document in once] == once
    assert [redact(document, redact_constant) for document in once] == once


def everything(secret):
    """Return a document with all secrets of the tables, and the secrets."""
    secrets = [secret, *("".join(parts) for parts in TOKENS.values())]
    document = {
        "named": [{name: secret} for name in NAMES],
        "shaped": ["".join(parts) for parts in TOKENS.values()],
        "texts": [planted(name, secret)[0] for name in TEXTS if name not in FORMS],
        "documents": [
            json.loads(json.dumps(document).replace(SECRET, secret))
            for document, _ in DOCUMENTS.values()
        ],
    }
    return document, [*secrets, *(hidden for _, hidden in DOCUMENTS.values())]


@pytest.fixture
def synced(serve, tmp_path):
    """Return a function that syncs and saves a dataset with the given parameters."""

    def sync(params, secret_key=None):
        store = ProjectStore()
        store.add_project("P", settings={"integrations": params})
        store.add_dataset("P", "d", params=params)
        payload = json.dumps({"steps": [{"params": params}]})
        store.add_recipe("P", "r", type="shaker", params=params, payload=payload)
        with serve(store) as server:
            manager = StateManager(
                LocalFileBackend(tmp_path / "p.state.json"),
                DSSClient(server.url, server.api_key),
                "test",
                secret_key=secret_key,
            )
            state = manager.sync_project("P")
            manager.save_state(state)
        return state

    return sync


@pytest.mark.parametrize("secret_key", [None, KEY])
def test_no_secret_is_written_printed_or_logged(synced, secret_key, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    document, secrets = everything(SECRET)
    changed, more = everything("another-secret-3")
    before, after = synced(document, secret_key), synced(changed, secret_key)
    diffs = DiffEngine().diff(before, after)

    written = [path.read_text("utf-8") for path in tmp_path.iterdir()]
    renderers = (render_html, render_json, render_junit, render_markdown, render_text)
    printed = [render(diffs) for render in renderers]
    for text in [*written, *printed, repr(diffs), repr(before), caplog.text]:
        for secret in [*secrets, *more, KEY]:
            assert secret not in text


def test_each_changed_setting_shows(synced):
    before = synced({name: pair[0] for name, pair in SETTINGS.items()})
    after = synced({name: pair[1] for name, pair in SETTINGS.items()})
    for diff in DiffEngine().diff(before, after):
        paths = {change.segments[-1].name for change in diff.changes}
        names = {
            segment.name
            for change in diff.changes
            for segment in change.segments
            if segment.name in SETTINGS
        }
        assert names == set(SETTINGS), paths


def test_each_changed_secret_shows_with_a_key(synced):
    before = synced(dict.fromkeys(NAMES, SECRET), KEY)
    after = synced(dict.fromkeys(NAMES, "another-secret-3"), KEY)
    for diff in DiffEngine().diff(before, after):
        assert len(diff.changes) >= len(NAMES) and diff.masked.total == 0


def documents(folder: Path):
    """Yield the path of each JSON document in a folder, and the document."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".sql", ".md", ".jsonl"):
            with suppress(ValueError):  # A script, or inline data.
                yield path, json.loads(path.read_text("utf-8"))


def masked_paths(before, after, path=()):
    """Yield the path of each value that was masked."""
    if isinstance(before, dict):
        for key in before:
            yield from masked_paths(before[key], after[key], (*path, key))
    elif isinstance(before, list):
        for one, other in zip(before, after, strict=True):
            yield from masked_paths(one, other, path)
    elif before != after:
        yield "/".join(path)


def test_what_is_masked_in_real_documents():
    if not KINDS.exists() or not REAL_PROJECTS.exists():
        pytest.skip(f"no real projects in {REAL_PROJECTS.parent}")
    found = [
        f"{path.parent.name}/{masked}"
        for folder in (REAL_PROJECTS, KINDS)
        for path, document in documents(folder)
        for masked in masked_paths(document, redact(document, redact_constant))
    ]
    # Each is a key in clear text. The projects were cleared of theirs.
    assert found == [
        "insights/params/apiKey",
        "lambda_services/authRealm/queryKeys/key",
        "web_apps/apiKey",
        "web_apps/apiKey",
        "web_apps/apiKey",
    ]
