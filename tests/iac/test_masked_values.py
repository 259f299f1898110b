"""Masked values: equal, changed, or not comparable, and then counted in all reports."""

import json
import re
from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    ChangeType,
    DiffEngine,
    LocalFileBackend,
    Resource,
    State,
    StateManager,
)
from dataikuapi.iac.cli import main
from dataikuapi.iac.models import MaskedValues
from dataikuapi.iac.reports import (
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types.secrets import make_redactor, redact, redact_constant

KEY = "a key of 16 characters or more"
OTHER_KEY = "another key of 16 characters or more"
VARIABLE = "DATAIKU_IAC_SECRET_KEY"
ID = "dataset.P.d"

SECRET = "hunter2-very-secret"
CHANGED = "another-secret-3"
MARKER = re.compile(r"<secret:([0-9a-f]{8}):([0-9a-f]{32})>")


def masked_with(key, value: Any) -> Any:
    """Return a value as a state that was read with a key has it."""
    return redact(value, make_redactor(key))


def params(secret, **more):
    return {"url": f"ftp://me:{secret}@host", "password": secret, **more}


def state_of(attributes, key=None, resource_id=ID):
    """Return a state that was read with a key, or without one."""
    state = State()
    masked: Any = redact({"params": attributes}, make_redactor(key).within(resource_id))
    state.add_resource(Resource("dataset", resource_id, masked))
    return state


def diff_of(old, new):
    (diff,) = DiffEngine().diff(old, new)
    return diff


# Digests


@pytest.mark.parametrize("key", ["", "a", "fifteen letters"])
def test_short_key_is_refused(key):
    with pytest.raises(ValueError, match=r"secret_key has \d+ characters.*16") as error:
        make_redactor(key)
    assert "token_urlsafe" in str(error.value)
    assert not key[1:] or key not in str(error.value)


def test_manager_and_command_line_refuse_a_short_key(server, monkeypatch, capsys):
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend("unused.state.json")
    for key in ("", "short"):
        with pytest.raises(ValueError, match="secret_key has"):
            StateManager(backend, client, "dev", secret_key=key)
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(ValueError, match=f"{VARIABLE} has"):
        StateManager(backend, client, "dev")
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)
    assert main(["sync", "--host", server.url]) == 64
    assert f"error: {VARIABLE} has" in capsys.readouterr().err


def test_an_empty_variable_is_no_key(monkeypatch, managers):
    monkeypatch.setenv(VARIABLE, "")
    state = managers().sync_project("P")
    assert state.get_resource(ID).attributes["params"]["password"] == "<secret>"


def test_a_key_of_16_characters_is_accepted():
    assert MARKER.fullmatch(
        masked_with("sixteen letters!", {"password": "x"})["password"]
    )


def test_marker_names_the_key_without_revealing_it():
    [first], [second], [other] = (
        MARKER.findall(masked_with(key, {"token": secret})["token"])
        for secret, key in ((SECRET, KEY), (CHANGED, KEY), (SECRET, OTHER_KEY))
    )
    assert first[0] == second[0] != other[0]
    assert len({first[1], second[1], other[1]}) == 3
    assert KEY not in repr(make_redactor(KEY)) and first[0] not in KEY


def test_equal_secrets_at_two_places_do_not_show_as_equal():
    document: Any = {
        "password": SECRET,
        "nested": {"password": SECRET},
        "urls": [f"ftp://a:{SECRET}@h", f"ftp://a:{SECRET}@h"],
        "twice": f"http://a:{SECRET}@h and http://b:{SECRET}@h",
        "pairs": [{"name": "x", "token": SECRET}, {"name": "y", "token": SECRET}],
        "plain": [{"token": SECRET}, {"token": SECRET}],
    }
    texts = [
        json.dumps(redact(document, make_redactor(KEY).within(resource_id)))
        for resource_id in ("dataset.P.a", "dataset.P.b")
    ]
    found = MARKER.findall("".join(texts))
    assert len(found) == 20 and len(set(found)) == 20


def test_digest_does_not_depend_on_what_is_beside_the_secret():
    def pairs(*names):
        items = [{"name": name, "token": SECRET + name} for name in names]
        return {item["name"]: item["token"] for item in masked_with(KEY, items)}

    one, other = pairs("a", "b"), pairs("c", "b", "a")
    assert one["a"] == other["a"] and one["b"] == other["b"]


# Comparison


def test_changed_secrets_show_with_one_key():
    diff = diff_of(state_of(params(SECRET), KEY), state_of(params(CHANGED), KEY))
    assert [change.path for change in diff.changes] == ["params.password", "params.url"]
    assert diff.masked == MaskedValues()


def test_equal_secrets_are_compared_with_one_key():
    diff = diff_of(state_of(params(SECRET), KEY), state_of(params(SECRET), KEY))
    assert diff.change_type is ChangeType.UNCHANGED and diff.masked.total == 0


KEYS = {
    "no key": (None, None, MaskedValues(without_key=2)),
    "a key from now on": (None, KEY, MaskedValues(other_key=2)),
    "a key no longer": (KEY, None, MaskedValues(other_key=2)),
    "another key": (KEY, OTHER_KEY, MaskedValues(other_key=2)),
}


@pytest.mark.parametrize(("old", "new", "masked"), KEYS.values(), ids=list(KEYS))
def test_secrets_that_cannot_be_compared_are_counted_and_not_changed(old, new, masked):
    for secret in (SECRET, CHANGED):
        diff = diff_of(state_of(params(SECRET), old), state_of(params(secret), new))
        assert diff.change_type is ChangeType.UNCHANGED
        assert (diff.changes, diff.masked) == ((), masked)


@pytest.mark.parametrize(("old", "new", "masked"), KEYS.values(), ids=list(KEYS))
def test_what_is_beside_them_is_compared(old, new, masked):
    before = state_of(params(SECRET, table="a"), old)
    after = state_of(params(CHANGED, table="b"), new)
    diff = diff_of(before, after)
    assert [str(change) for change in diff.changes] == ["~ params.table"]
    assert diff.attribute_diffs["modified"].keys() == {"params"}
    assert diff.masked == masked


@pytest.mark.parametrize(("old", "new", "masked"), KEYS.values(), ids=list(KEYS))
def test_rest_of_a_url_is_compared(old, new, masked):
    before = state_of({"url": f"ftp://me:{SECRET}@host"}, old)
    after = state_of({"url": f"ftp://me:{CHANGED}@other"}, new)
    diff = diff_of(before, after)
    (change,) = diff.changes
    assert (change.old, change.new) == (
        "ftp://me:<secret>@host",
        "ftp://me:<secret>@other",
    )
    assert diff.masked.total == 1


def test_items_of_lists_are_matched_although_the_key_is_another():
    def sources(key, *hosts):
        urls = [f"ftp://me:{SECRET}@{host}" for host in hosts]
        return state_of({"sources": urls}, key)

    diff = diff_of(sources(KEY, "a", "b", "c"), sources(OTHER_KEY, "a", "c", "d"))
    changes = [str(change) for change in diff.changes]
    assert changes == ["- params.sources[1]", "+ params.sources[2]"]
    assert diff.masked == MaskedValues(other_key=2)


def test_two_secrets_in_one_text_are_two():
    before = state_of({"url": f"ftp://me:{SECRET}@host/?token={SECRET}"})
    assert diff_of(before, before).masked == MaskedValues(without_key=2)


def test_added_secrets_are_not_counted():
    before = state_of({"x": 1})
    after = state_of({"x": 1, **params(SECRET)})
    diff = diff_of(before, after)
    assert len(diff.changes) == 2 and diff.masked.total == 0


def test_secret_in_place_of_none_is_a_change():
    diff = diff_of(state_of({"password": ""}), state_of({"password": SECRET}))
    assert [str(change) for change in diff.changes] == ["~ params.password"]


def test_encrypted_values_are_counted_with_and_without_a_key():
    for key in (None, KEY):
        before = state_of({"password": "e:AES:abc", "x": 1}, key)
        after = state_of({"password": "e:AES:def", "x": 1}, key)
        assert diff_of(before, after).masked == MaskedValues(encrypted=1)


def marked(value):
    state = State()
    state.add_resource(Resource("dataset", ID, {"params": {"password": value}}))
    return state


def test_markers_of_older_releases_cannot_be_compared():
    old, changed = f"<secret:{'a' * 64}>", f"<secret:{'b' * 64}>"
    new = state_of({"password": SECRET}, KEY)
    for before, after in ((marked(old), new), (marked(old), marked(changed))):
        diff = diff_of(before, after)
        assert diff.change_type is ChangeType.UNCHANGED
        assert diff.masked == MaskedValues(other_key=1)
    assert diff_of(marked(old), marked(old)).masked.total == 0


def test_secret_that_an_older_release_did_not_mask_is_neither_shown_nor_a_change():
    before, after = State(), State()
    script = 'password = "x-1"\n'
    clear: Any = {"type": "python", "params": {"accountKey": SECRET}, "payload": script}
    before.add_resource(Resource("recipe", "recipe.P.r", clear))
    masked = {**clear, "params": {"accountKey": "<secret>"}, "payload": f"{script}x\n"}
    after.add_resource(Resource("recipe", "recipe.P.r", masked))
    (diff,) = diffs = DiffEngine().diff(before, after)
    assert [str(change) for change in diff.changes] == ["~ payload"]
    assert SECRET not in render_text(diffs) + render_json(diffs) + render_html(diffs)
    assert 'password = "x-1"' in render_text(diffs)  # Code is not searched.


def test_secret_that_was_removed_is_a_change():
    diff = diff_of(marked("<secret>"), marked(""))
    assert [str(change) for change in diff.changes] == ["~ params.password"]


# Settings that older releases masked, and what took their place.
MISTAKEN: dict[str, Any] = {
    "by its name": {"passwordPolicy": "strong"},
    "a number": {"passwordMinLength": 8},
    "in an object": {"password_policy": {"mustHave": "digit"}},
    "in a list": {"secretScopes": ["read", "write"]},
    "a preset": {"preset_credentials_x": {"mode": "PRESET", "name": "a"}},
    "a pair": {"pairs": [{"name": "tokenUrl", "value": "https://h"}]},
    "a column": {"columnDescriptions": {"token": "of a user"}},
}


def masked_all(value, marker):
    """Return a value in which an older release masked everything but labels."""
    if isinstance(value, dict):
        kept = {"mode", *(["name"] if "value" in value else [])}
        return {
            key: item if key in kept else masked_all(item, marker)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [masked_all(item, marker) for item in value]
    return marker


@pytest.mark.parametrize("marker", ["<secret>", f"<secret:{'a' * 64}>"])
@pytest.mark.parametrize("params", MISTAKEN.values(), ids=list(MISTAKEN))
def test_setting_that_an_older_release_masked_is_not_compared(params, marker):
    old, new = State(), State()
    for state, value in ((old, masked_all(params, marker)), (new, params)):
        state.add_resource(Resource("dataset", ID, {"params": value}))
    for before, after in ((old, new), (new, old)):
        diff = diff_of(before, after)
        assert diff.change_type is ChangeType.UNCHANGED
        assert diff.masked.total >= 1


def test_secret_that_became_a_reference_is_a_change():
    for reference in ("${db_password}", "vault://kv/a"):
        for key in (None, KEY):
            before = state_of({"password": SECRET, "token": SECRET}, key)
            after = state_of({"password": reference, "token": ""}, key)
            changes = [str(change) for change in diff_of(before, after).changes]
            assert changes == ["~ params.password", "~ params.token"]


def test_token_that_became_a_name_is_a_change():
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0"
    diff = diff_of(state_of({"x": token}), state_of({"x": "plain"}))
    assert [str(change) for change in diff.changes] == ["~ params.x"]


# Reports


@pytest.fixture
def reports():
    """Return all reports of a comparison, by format."""

    def render(old, new):
        diffs = DiffEngine().diff(old, new)
        return {
            "text": render_text(diffs),
            "markdown": render_markdown(diffs),
            "junit": render_junit(diffs),
            "html": render_html(diffs),
            "json": render_json(diffs),
            "output": DiffEngine().format_output(diffs),
        }

    return render


SENTENCES = {
    "no key": "2 values are masked and not compared; set DATAIKU_IAC_SECRET_KEY to "
    "compare them",
    "another key": "2 values are masked and not compared, because the states were read "
    "with different secret keys; refresh with one DATAIKU_IAC_SECRET_KEY to compare "
    "them from then on",
}


@pytest.mark.parametrize("case", SENTENCES)
def test_reports_count_what_is_not_compared(case, reports):
    old, new, _ = KEYS[case]
    found = reports(state_of(params(SECRET), old), state_of(params(SECRET), new))
    assert json.loads(found.pop("json"))["masked"] == 2
    for text in found.values():
        assert SENTENCES[case] in " ".join(text.split())
        assert "No changes" in text or "<testsuite" in text or "<p>" in text


def test_reports_count_one_value_and_encrypted_ones(reports):
    before = state_of({"password": "e:AES:abc", "token": SECRET})
    found = reports(before, before)
    assert json.loads(found.pop("json"))["masked"] == 2
    for text in found.values():
        assert "1 value is masked and not compared" in text
        assert "1 value is encrypted by DSS, masked and not compared" in text


def test_reports_say_nothing_where_all_is_compared(reports):
    before = state_of(params(SECRET), KEY)
    found = reports(before, before)
    assert json.loads(found.pop("json"))["masked"] == 0
    assert not any("not compared" in text for text in found.values())


def test_part_of_the_diffs_counts_its_own():
    old, new = State(), State()
    for name in ("a", "b"):
        for state in (old, new):
            state.resources.update(
                state_of(params(SECRET), None, f"dataset.P.{name}").resources
            )
    diffs = DiffEngine().diff(old, new)
    assert diffs.masked.total == 4 and diffs[:1].masked.total == 2
    assert diffs.of_type(ChangeType.MODIFIED).masked == MaskedValues()


@pytest.fixture
def managers(serve, tmp_path):
    """Return a function that returns managers of one stored state, by secret key."""
    store = ProjectStore()
    store.add_project("P")
    store.add_dataset("P", "d", params=params(SECRET))
    with serve(store) as server:

        def manager(key=None):
            client = DSSClient(server.url, server.api_key)
            backend = LocalFileBackend(tmp_path / "p.state.json")
            return StateManager(backend, client, "dev", secret_key=key)

        yield manager


def drift(manager):
    return manager.drift("P", ignore=[])


def test_drift_says_that_a_secret_may_have_changed(managers):
    managers().save_state(managers().sync_project("P"))
    report = drift(managers())
    text = " ".join(str(report).split())
    assert "No changes" in text and SENTENCES["no key"] in text
    assert report.exit_code == 0 and report.diffs.masked.total == 2


def test_after_a_refresh_with_a_key_secrets_are_compared(managers):
    managers().save_state(managers().sync_project("P"))
    assert drift(managers(KEY)).diffs.masked == MaskedValues(other_key=2)
    managers(KEY).refresh()
    report = drift(managers(KEY))
    assert not report and report.diffs.masked.total == 0
    assert drift(managers(OTHER_KEY)).diffs.masked == MaskedValues(other_key=2)
    assert not drift(managers(OTHER_KEY))


def test_redact_constant_is_the_redactor_without_a_key():
    assert make_redactor(None) is redact_constant
