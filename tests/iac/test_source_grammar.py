"""What the words of the grammar of sources name, in Python and in commands."""

import json
import shutil
import subprocess

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    ConfigurationError,
    DiffEngine,
    LocalFileBackend,
    SourceError,
    StateManager,
    StateNotFoundError,
    open_source,
)
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, sample_folder

pytestmark = pytest.mark.all_types
KEY = SAMPLE_PROJECT_KEY
DATASET = f"dataset.{KEY}.orders"
MANY = 20


@pytest.fixture
def here(tmp_path, monkeypatch, server):
    """The current folder: a project in git, a stored state, and an instance."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)
    monkeypatch.setenv("DATAIKU_HOST", server.url)
    shutil.copytree(sample_folder(), tmp_path / KEY)
    manager = StateManager.local(DSSClient(server.url, server.api_key), "dev")
    manager.save_state(manager.sync_all())
    git("init", "-q")
    git("add", KEY)
    git("commit", "-qm", "the sample")
    shutil.make_archive("shop", "zip", tmp_path / KEY)
    return tmp_path


def git(*arguments):
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


WORDS = [
    f"./{KEY}",
    KEY,
    f"git:HEAD:{KEY}",
    "shop.zip",
    "./.dataiku/state/dev.state.json",
    "dev",
    "env:dev",
    "live:dev",
    "version:1",
    "1",
]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_names_the_same_project(here, word):
    """Files, states and the instance say the same of it."""
    key = KEY if word == "shop.zip" else None
    state = open_source(word, project_key=key).read()
    assert len(state.resources) > MANY
    expected = LocalFileBackend(here / ".dataiku/state/dev.state.json").load()
    diffs = DiffEngine().diff(expected, state)
    assert [diff.resource_id for diff in diffs if diff.has_changed] == []


def test_nothing_is_read_before_it_is_asked_for(here, server):
    requested = []
    server.faults = lambda method, path: requested.append(path)
    source = open_source("live:dev")
    assert (source.environment, requested) == ("dev", [])
    assert source.read().resources
    assert requested


def test_current_folder_may_be_the_project(here, monkeypatch, run, server):
    monkeypatch.chdir(here / KEY)
    assert DATASET in open_source(".").read()
    config = here / "dataiku-iac.yaml"
    config.write_text(f"environments:\n  dev: {{host: '{server.url}'}}\n")
    assert run("diff", ".", "live:dev")[0] == 0


BAD = {
    " ": (ValueError, "is not the path of a file"),
    "version:last": (ValueError, "'last' is not a serial such as 3"),
    "version:7": (StateNotFoundError, "7"),
    "env:a/b": (ValueError, "a/b"),
    "nowhere": (StateNotFoundError, "no environment and no file 'nowhere'"),
    "./nowhere": (SourceError, "nowhere does not exist"),
    "git:HEAD:nowhere": (SourceError, "there is no nowhere in revision HEAD"),
    "git:": (SourceError, "is not a revision of git"),
}


@pytest.mark.parametrize("word", BAD)
def test_word_that_names_nothing_is_an_error_that_says_what(here, word):
    expected, text = BAD[word]
    with pytest.raises(expected, match=text):
        open_source(word).read()


def test_word_with_two_meanings_is_an_error(here):
    (here / "dev").mkdir()
    with pytest.raises(ValueError, match=r"write env:dev or \./dev"):
        open_source("dev")


def test_without_configuration_there_is_one_environment(here):
    """Otherwise the one instance would be equal to itself under another name."""
    with pytest.raises(ConfigurationError, match="no environment 'prod'.* only dev"):
        open_source("live:prod").read()
    assert open_source("live:prod", environment="prod").read().resources


def test_what_cannot_be_read_of_an_instance_is_unknown(here, server, run):
    error = Fault.error(403, "com.dataiku.dip.X", "no")
    end = "/recipes/compute_orders_enriched"
    server.faults = lambda method, path: error if path.endswith(end) else None
    state = open_source("live:dev").read()
    assert list(state.unknown) == [f"recipe.{KEY}.compute_orders_enriched"]
    code, output, errors = run("diff", KEY, "live:dev")
    assert code == 3
    assert "compute_orders_enriched" in output
    assert "exception" not in output + errors
    assert run("diff", KEY, "live:dev", "--allow-unknown")[0] == 0


GIT = {
    f"git:HEAD:{KEY}/params.json": "is not a folder in revision HEAD",
    "git:HEAD:./params.json": "is not a folder in revision HEAD",
}


@pytest.mark.parametrize("word", GIT)
def test_file_in_a_revision_is_no_project(here, word, monkeypatch):
    monkeypatch.chdir(here / KEY if ":./" in word else here)
    with pytest.raises(SourceError, match=GIT[word]):
        open_source(word)


@pytest.mark.parametrize("word", ["git:HEAD:.", "git:HEAD:./"])
def test_current_folder_in_a_revision(here, word, monkeypatch):
    """As git itself takes such a path."""
    monkeypatch.chdir(here / KEY)
    assert DATASET in open_source(word, project_key=KEY).read()
    monkeypatch.chdir(here)
    assert DATASET in open_source(f"git:HEAD:./{KEY}").read()


def test_value_that_no_state_can_hold_names_the_folder(here):
    path = here / KEY / "datasets" / "orders.json"
    path.write_text('{"type": "Inline", "params": {"x": 1e999}}')
    with pytest.raises(SourceError, match=rf"\./{KEY}: {DATASET} .*Change that value"):
        open_source(f"./{KEY}").read()


def test_marker_without_a_known_type_is_an_error(here):
    marker = {"format_version": 1, "project_key": KEY, "types": ["nonsense"]}
    (here / KEY / ".dataiku-iac.json").write_text(json.dumps(marker))
    with pytest.raises(SourceError, match="names no type that is known; pull again"):
        open_source(f"./{KEY}").read()


def test_folder_of_an_interrupted_pull_is_an_error(here, run):
    """It would be told as edits, or as new objects; the next pull completes it."""
    assert run("pull", f"./{KEY}", "--project", KEY)[0] == 0
    path = here / KEY / ".dataiku-iac.json"
    marker = json.loads(path.read_bytes())
    path.write_text(json.dumps({**marker, "pending": {"datasets/orders.json": "0"}}))
    with pytest.raises(SourceError, match=rf"\./{KEY}: a pull into it was interrupted"):
        open_source(f"./{KEY}").read()
    assert run("pull", f"./{KEY}", "--project", KEY)[0] == 0
    assert open_source(f"./{KEY}").read().resources


def test_unknown_environment_is_an_error_that_lists_them(here):
    config = here / "dataiku-iac.yaml"
    config.write_text("environments:\n  prod: {state: prod.json}\n")
    with pytest.raises(ConfigurationError, match="it has: prod"):
        open_source("live:dev").read()


class TestKey:
    """The key of a project in files."""

    def key(self, word, **options):
        """Return the key of what a word names."""
        return open_source(word, **options).read().project_keys()

    @pytest.fixture
    def folder(self, here):
        """The project in a folder whose name is no key."""
        return (here / KEY).rename(here / "shop-code")

    def test_it_is_by_default_the_name_of_the_folder(self, folder):
        assert self.key("./shop-code") == ["SHOP_CODE"]

    def test_it_can_be_given(self, folder):
        assert self.key("./shop-code", project_key="SHOP") == ["SHOP"]

    def test_configuration_has_it(self, folder):
        config = folder.parent / "dataiku-iac.yaml"
        config.write_text("projects:\n  CRM: {source: shop-code}\n")
        assert self.key("./shop-code") == ["CRM"]
        with pytest.raises(SourceError, match="is project CRM, not SHOP"):
            open_source("./shop-code", project_key="SHOP")

    def test_files_say_it(self, folder):
        marker = {"format_version": 1, "project_key": "CRM", "types": ["project"]}
        (folder / ".dataiku-iac.json").write_text(json.dumps(marker))
        assert self.key("./shop-code") == ["CRM"]
        with pytest.raises(SourceError, match="is project CRM, not SHOP"):
            open_source("./shop-code", project_key="SHOP")

    def test_option_of_the_command_line(self, folder, run):
        code, output, _ = run("diff", "./shop-code", "./shop-code", "--key", "SHOP")
        assert code == 0
        _, output, errors = run("diff", "./shop-code", "dev", "--key", "a b")
        assert "invalid project key 'a b'" in output + errors


def test_type_that_is_managed_has_no_objects_where_it_has_no_folder(here):
    """Otherwise a folder without a type says nothing of it."""
    shutil.rmtree(here / KEY / "scenarios")
    scenario = f"scenario.{KEY}.nightly"
    assert not open_source(f"./{KEY}").read().covers(scenario)
    config = here / "dataiku-iac.yaml"
    config.write_text("manage:\n  types: [project, scenario]\n")
    state = open_source(f"./{KEY}").read()
    assert state.covers(scenario)
    assert not [item for item in state if item.resource_type == "scenario"]


# Beside a project in files


@pytest.fixture
def many(here, store, run):
    """Like run, where the instance and the stored state have another project."""
    store.add_project("CRM")
    store.add_dataset("CRM", "segments")
    assert run("sync", "--instance", "--project", KEY, "--project", "CRM")[0] == 0
    return run


@pytest.mark.parametrize("command", ["diff", "compare"])
@pytest.mark.parametrize("word", ["live:dev", "env:dev", "version:2"])
def test_only_the_project_of_the_files_is_compared(many, command, word):
    for words in ((f"./{KEY}", word), (word, f"git:HEAD:{KEY}")):
        code, out, err = many(command, *words)
        assert code == 0, out + err
        assert "CRM" not in out and "@instance" not in out


def test_only_the_project_of_the_files_is_read(many, server):
    paths = []
    server.faults = lambda method, path: paths.append(path)
    assert many("diff", f"./{KEY}", "live:dev")[0] == 0
    assert len(paths) > MANY
    assert not [path for path in paths if "/CRM" in path]


def test_project_of_the_files_has_another_key_in_the_environment(many, here):
    config = f"environments: {{dev: {{project_keys: {{SHOP: {KEY}, CRM: CRM}}}}}}"
    (here / "dataiku-iac.yaml").write_text(config)
    (here / KEY).rename(here / "shop")
    for command in ("diff", "compare"):
        code, out, err = many(command, "./shop", "live:dev")
        assert code == 0, out + err
        assert "CRM" not in out


def test_files_of_a_project_that_is_not_there_are_compared_with_all(many, here):
    (here / KEY).rename(here / "other")
    code, out, _ = many("diff", "./other", "live:dev")
    assert code == 2
    assert "CRM" in out
