"""The state manager."""

from unittest.mock import MagicMock, Mock, create_autospec

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    InstanceMismatchError,
    LocalFileBackend,
    Resource,
    ResourceSync,
    State,
    StateBackend,
    StateConflictError,
    StateManager,
    StateNotFoundError,
)


class MemoryBackend(StateBackend):
    """A backend with only the five required members."""

    def __init__(self):
        self.state = None

    def load(self):
        if self.state is None:
            raise StateNotFoundError("nothing here")
        return self.state

    # As in subclasses from before there was `force`.
    def save(self, state):  # type: ignore[override]
        self.state = state

    def exists(self):
        return self.state is not None

    def delete(self):
        self.state = None

    def backup(self, suffix="backup"):
        return "nowhere"


class OneResourceSync(ResourceSync):
    """A sync with only the three required members."""

    def __init__(self, resource_type):
        self._type = resource_type

    @property
    def resource_type(self):
        return self._type

    def fetch(self, resource_id):
        return Resource(self._type, resource_id)

    def list_all(self, project_key=None):
        name = "" if self._type == "project" else ".x"
        return [Resource(self._type, f"{self._type}.{project_key or 'SHOP'}{name}")]


@pytest.fixture
def manager():
    manager = StateManager(MemoryBackend(), Mock(), "test")
    manager.project_sync = OneResourceSync("project")
    manager.dataset_sync = OneResourceSync("dataset")
    manager.recipe_sync = OneResourceSync("recipe")
    return manager


ALL = ["dataset.SHOP.x", "project.SHOP", "recipe.SHOP.x"]


def test_what_is_no_backend_is_told_at_once(tmp_path):
    client = DSSClient("http://127.0.0.1:9", "very-secret")
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    with pytest.raises(
        TypeError, match="DSSClient is no backend.*comes before"
    ) as told:
        StateManager(client, backend, "dev")  # type: ignore[arg-type]
    assert "very-secret" not in str(told.value)
    with pytest.raises(TypeError, match=r"str is no backend.*open_backend\(\) makes"):
        StateManager("dev.state.json", client, "dev")  # type: ignore[arg-type]


def test_load_state_creates_empty_if_not_exists():
    backend = Mock(spec=["exists"])
    backend.exists.return_value = False

    state = StateManager(backend, Mock(), "test").load_state()
    assert (state.environment, state.resources, state.serial) == ("test", {}, 0)


def test_state_deleted_during_load_is_empty(mock_backend):
    mock_backend.exists.return_value = True
    mock_backend.load.side_effect = StateNotFoundError("gone")

    state = StateManager(mock_backend, Mock(), "test").load_state()
    assert (state.environment, state.resources) == ("test", {})


def test_state_deleted_before_a_drift_is_missing(mock_backend):
    mock_backend.exists.return_value = True
    mock_backend.load.side_effect = StateNotFoundError("gone")

    with pytest.raises(StateNotFoundError, match="to compare with; create one first"):
        StateManager(mock_backend, Mock(), "test").drift()


def test_a_deleted_state_whose_versions_are_left_says_how_to_restore_one(path):
    backend = LocalFileBackend(path)
    backend.save(State(environment="test"))
    backend.save(backend.load())
    backend.delete()
    with pytest.raises(StateNotFoundError, match="dataiku-iac restore 0"):
        StateManager(backend, Mock(), "test").drift()


def test_save_state_sets_the_environment_and_saves(manager):
    manager.save_state(State(environment="other"))

    assert manager.load_state().environment == "test"


def test_sync_project_includes_children(manager):
    state = manager.sync_project("SHOP")

    assert list(state.resources) == ALL
    assert state.environment == "test"


def test_sync_project_without_children(manager):
    state = manager.sync_project("SHOP", include_children=False)

    assert list(state.resources) == ["project.SHOP"]


def test_sync_all_reads_each_project(manager):
    assert list(manager.sync_all().resources) == ALL


@pytest.mark.parametrize("resource_id", ALL)
def test_sync_resource_uses_the_sync_of_the_type(manager, resource_id):
    assert manager.sync_resource(resource_id).resource_id == resource_id


@pytest.mark.parametrize("resource_id", ["webapp.SHOP.x", "nonsense", "", "Dataset.P"])
def test_unknown_type_is_refused(manager, resource_id):
    with pytest.raises(ValueError, match="^Unknown resource type .*known: dataset"):
        manager.sync_resource(resource_id)


@pytest.mark.parametrize(
    "call",
    [
        lambda manager: manager.sync_project(""),
        lambda manager: manager.sync_all([]),
        lambda manager: manager.sync_all([""]),
        lambda manager: manager.drift(""),
        lambda manager: manager.drift([]),
        lambda manager: manager.drift([""]),
        lambda manager: manager.drift(ids=[]),
        lambda manager: manager.drift(ids=[""]),
        lambda manager: manager.drift(ignore=[""]),
        lambda manager: manager.refresh([]),
        lambda manager: manager.refresh([""]),
        lambda manager: manager.sync_resource("dataset.SHOP."),
        lambda manager: StateManager(manager.backend, Mock(), "dev", types=[]),
        lambda manager: StateManager(manager.backend, Mock(), "dev", types=[""]),
    ],
)
def test_nothing_is_not_everything(manager, call):
    manager.save_state(manager.sync_all())
    before = manager.backend.state

    with pytest.raises(ValueError, match=r"\w"):  # Each says something else.
        call(manager)
    assert manager.backend.state is before


def test_sync_does_not_save(manager):
    manager.sync_project("SHOP")
    manager.sync_all()

    assert not manager.backend.exists()


def test_local_stores_the_state_in_the_default_location(tmp_path, monkeypatch, manager):
    monkeypatch.chdir(tmp_path)
    local = StateManager.local(Mock(), "dev")
    local.save_state(State())

    assert (tmp_path / ".dataiku/state/dev.state.json").is_file()
    assert local.load_state().environment == "dev"


def test_repr_names_instance_and_backend():
    client = DSSClient("https://me:hunter2@dss.example.com", "the-key")

    assert repr(StateManager.local(client, "dev")) == (
        "<StateManager dev: DSS at https://dss.example.com, stored in "
        "LocalFileBackend('.dataiku/state/dev.state.json')>"
    )


def test_partial_states_are_merged(manager):
    manager.save_state(manager.sync_project("SHOP"))
    manager.save_state(manager.sync_project("OTHER"))
    manager.save_state(manager.sync_all(projects=["SHOP"]))

    stored = manager.load_state()
    assert {item.project_key for item in stored.list_resources()} == {"SHOP", "OTHER"}
    assert stored.serial == 3


def test_outdated_sync_is_refused(manager):
    early = manager.sync_project("SHOP")
    manager.save_state(manager.sync_project("SHOP"))

    with pytest.raises(StateConflictError, match="Sync again"):
        manager.save_state(early)


def test_state_of_another_instance_is_refused(manager):
    manager.save_state(State(instance={"install_id": "a"}))
    with pytest.raises(InstanceMismatchError):
        manager.save_state(State(instance={"install_id": "b"}))
    manager.save_state(State(instance={"install_id": "b"}), allow_other_instance=True)

    assert manager.load_state().instance == {"install_id": "b"}


def test_sync_does_not_modify_the_callers_client(server):
    client = DSSClient(server.url, server.api_key)
    session = client._session
    StateManager(MemoryBackend(), client, "test").sync_project("ORDERS_DEMO")

    assert client._session is session and session.hooks == {"response": []}


@pytest.mark.parametrize(
    "backend",
    [Mock(), Mock(spec=StateBackend), MagicMock(), create_autospec(StateBackend)],
    ids=["Mock", "spec", "MagicMock", "autospec"],
)
def test_mock_backend_is_saved_to(backend, manager):
    state = manager.sync_project("SHOP")
    StateManager(backend, Mock(), "test").save_state(state)

    assert backend.save.call_args.args[-1] is state


def test_diff_of_two_versions(tmp_path, server):
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    manager = StateManager(backend, client, "test")
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    client.get_project("ORDERS_DEMO").create_dataset("later", "Filesystem")
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    changed = [str(diff) for diff in manager.diff_versions(1, 2) if str(diff)[0] != " "]

    assert changed == ["+ dataset.ORDERS_DEMO.later"]


def test_diff_of_two_versions_applies_the_ignore_rules(manager, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manager = StateManager(LocalFileBackend("x.state.json"), Mock(), "test")
    for number in (1, 2):
        state = manager.load_state()
        resource = Resource("dataset", "dataset.SHOP.x", {"round": number})
        state.add_resource(resource)
        manager.save_state(state)
    (changed,) = manager.diff_versions(1, 2)
    (tmp_path / ".dataikuignore").write_text("dataset.SHOP.x round")
    (ignored,) = manager.diff_versions(1, 2)
    (unfiltered,) = manager.diff_versions(1, 2, ignore=[])

    assert [diff.has_changed for diff in (changed, ignored, unfiltered)] == [
        True,
        False,
        True,
    ]


def test_concurrent_first_saves_do_not_overwrite_each_other(tmp_path):
    backend = LocalFileBackend(tmp_path / "x.state.json")
    maria, thomas = (StateManager(backend, Mock(), "test") for _ in range(2))
    hers, his = maria.load_state(), thomas.load_state()
    hers.add_resource(Resource("dataset", "dataset.P.a"))
    maria.save_state(hers)

    with pytest.raises(StateConflictError):
        thomas.save_state(his)
    assert maria.load_state().has_resource("dataset.P.a")


# Drift; test_drift.py has the details


@pytest.fixture
def synced(server, tmp_path):
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "saved.state.json")
    manager = StateManager(backend, client, "dev")
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    return manager


def test_drift_and_refresh_use_the_stored_state(synced, store):
    assert synced.drift(ignore=[]).exit_code == 0
    store.add_dataset("ORDERS_DEMO", "later")
    report = synced.drift("ORDERS_DEMO", ignore=[])
    assert [str(diff) for diff in report.added] == ["+ dataset.ORDERS_DEMO.later"]

    assert synced.refresh(["dataset.ORDERS_DEMO.later"]).serial == 2
    assert synced.drift(ignore=[]).exit_code == 0
    assert synced.refresh().serial == 3


def test_plan_of_what_is_stored_is_empty(manager):
    manager.save_state(manager.sync_all())
    plan = manager.plan(manager.load_state())
    assert not plan.has_changes()
    assert len(plan.actions) == len(manager.load_state().resources)
