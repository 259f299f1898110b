"""Which resource types are read: by default, by configuration, and by ``--type``."""

import json

import pytest

from dataikuapi.iac import ConfigurationError, StateManager
from dataikuapi.iac.config import read_config_file
from dataikuapi.iac.config.template import write_config_file
from dataikuapi.iac.models import ResourceDiffs
from dataikuapi.iac.reports.unwatched import unwatched_lines
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.registry import default_types

KEY = "ORDERS_DEMO"
TABLE, RECIPE = f"dataset.{KEY}.countries", f"recipe.{KEY}.compute_orders_prepared"


@pytest.fixture
def manager(state_manager):
    """A manager with the sample project in its state."""
    state_manager.save_state(state_manager.sync_project(KEY))
    return state_manager


@pytest.fixture
def configured(tmp_path):
    """Write a configuration file that names some types."""

    def write(types):
        path = tmp_path / "dataiku-iac.yaml"
        path.write_text(f"types: {types}\n", "utf-8")
        return path

    return write


def edit(client):
    """Change a dataset and a recipe, as a user does."""
    project = client.get_project(KEY)
    table = project.get_dataset(TABLE.split(".", 2)[2]).get_settings()
    table.settings["shortDesc"] = "edited"
    table.save()
    recipe = project.get_recipe(RECIPE.split(".", 2)[2]).get_settings()
    recipe.recipe_settings["shortDesc"] = "edited"
    recipe.save()


def changed(diffs):
    return [diff.resource_id for diff in diffs if diff.has_changed]


# The managers


@pytest.mark.all_types
def test_default_is_what_is_watched_by_default(manager):
    assert list(manager.readers) == default_types()
    assert default_types() == [
        name for name, kind in TYPES.items() if kind.is_watched_by_default
    ]


def test_drift_of_a_type_compares_only_that(manager):
    edit(manager.client)

    assert changed(manager.drift()) == [TABLE, RECIPE]
    report = manager.drift(types=["recipe"])
    assert changed(report) == [RECIPE]
    assert {diff.resource_type for diff in report.diffs} == {"recipe"}
    assert report.coverage.existing == len(
        manager.load_state().list_resources("recipe")
    )


def test_pattern_and_types_are_combined(manager):
    edit(manager.client)
    manager.client.get_project(KEY).get_recipe(RECIPE.split(".", 2)[2]).delete()

    report = manager.drift(ids=[f"*.{KEY}.*"], types=["dataset"])
    assert changed(report) == [TABLE]
    with pytest.raises(ValueError, match="Unknown resource type 'recipe'; known: data"):
        manager.drift(ids=[RECIPE], types=["dataset"])


def test_sync_of_a_type_replaces_exactly_that(manager):
    before = manager.load_state()
    edit(manager.client)

    manager.save_state(manager.sync_all(types=["dataset"]))

    after = manager.load_state()
    assert changed(manager.diff_versions(before.serial, after.serial)) == [TABLE]
    assert after.get_resource(RECIPE) == before.get_resource(RECIPE)
    assert changed(manager.drift()) == [RECIPE]
    assert after.scope.parts == before.scope.parts
    assert after.scope.parts_stored_in(after.serial) == {(KEY, "dataset")}


def test_sync_of_a_type_of_some_projects_reads_nothing_else(manager, store, server):
    store.add_project("SHOP")
    store.add_dataset("SHOP", "orders")
    paths = []
    server.faults = lambda method, path: paths.append(path)

    state = manager.sync_all(["SHOP"], types=["dataset"])

    assert [item.resource_id for item in state] == ["dataset.SHOP.orders"]
    assert state.scope.parts == {("SHOP", "dataset")}
    assert [path for path in paths if path.startswith("/projects/")] == [
        "/projects/SHOP/datasets/"
    ]


def test_all_projects_are_read_without_their_own_type(manager, store):
    store.add_project("SHOP")
    store.add_dataset("SHOP", "orders")

    state = manager.sync_all(types=["dataset", "dataset"])

    assert state.scope.parts == {(KEY, "dataset"), ("SHOP", "dataset")}
    assert {item.resource_type for item in state} == {"dataset"}


def test_refresh_of_a_type_updates_only_that(manager):
    before = manager.load_state()
    edit(manager.client)

    after = manager.refresh(types=["recipe"])

    assert changed(manager.diff_versions(before.serial, after.serial)) == [RECIPE]
    assert changed(manager.drift()) == [TABLE]


def test_project_that_is_confirmed_as_deleted_is_removed_whole(manager, store):
    store.add_project("SHOP")
    store.add_dataset("SHOP", "orders")
    manager.save_state(manager.sync_all())
    store.delete_project("SHOP")

    after = manager.refresh(types=["dataset"], confirm_removed=["SHOP"])

    assert after.project_keys() == [KEY]
    manager.save_state(manager.sync_all(types=["recipe"], confirm_removed=["SHOP"]))
    assert manager.load_state().project_keys() == [KEY]


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        ([], "types is empty"),
        ("recipe", "types is 'recipe'; it takes a list"),
        (["gadget"], "Unknown resource type 'gadget'; known: .*dataset.*project"),
        (["recipe"], "known: .*dataset.*project.*Add recipe to types to read it$"),
    ],
)
def test_types_that_a_manager_does_not_read_are_refused(manager, types, reason):
    limited = StateManager(
        manager.backend, manager.client, "test", types=["dataset", "project"]
    )
    for read in (limited.sync_all, limited.drift, limited.refresh):
        with pytest.raises(ValueError, match=reason):
            read(types=types)


# What is not read is said


def test_report_says_which_types_are_disabled(manager):
    limited = StateManager(
        manager.backend, manager.client, "test", types=["project", "dataset"]
    )
    disabled = [
        name
        for name, kind in TYPES.items()
        if name not in ("project", "dataset") and not kind.is_on_instance
    ]

    report = limited.drift()

    assert report.exit_code == 0
    assert report.in_sync
    assert report.to_dict()["disabled_types"] == disabled
    for text in (str(report), report.to_markdown(), report._repr_html_()):
        assert "disabled types: recipe" in text
    assert report.diffs[:1].disabled_types == tuple(disabled)


def test_report_on_a_selection_says_nothing_of_other_types(manager):
    limited = StateManager(
        manager.backend, manager.client, "test", types=["project", "dataset"]
    )

    assert limited.drift(types=["dataset"]).diffs.disabled_types == ()
    assert limited.drift(ids=["dataset.*"]).diffs.disabled_types == ()


@pytest.mark.all_types
def test_only_types_of_what_is_selected_are_disabled(manager):
    types = ["project", "dataset", "group"]
    limited = StateManager(manager.backend, manager.client, "test", types=types)
    limited.save_state(limited.sync_instance())
    for keys, is_on_instance in (
        (None, {False}),
        ([KEY], {False}),
        (["@instance"], {True}),
        ([KEY, "@instance"], {False, True}),
    ):
        assert limited.drift(keys).diffs.disabled_types == tuple(
            name
            for name, kind in TYPES.items()
            if name not in types and kind.is_on_instance in is_on_instance
        )


@pytest.mark.parametrize("command", [["sync", "--project", KEY], ["refresh"]])
def test_type_is_not_yet_watched_until_it_is_stored(synced, configured, command):
    configured("[project, dataset, recipe, scenario]")
    drifting, stored = "not yet watched: scenario; sync to", "newly watched: scenario"

    _, output, _ = synced("drift")
    assert (drifting in output, stored in output) == (True, False)
    _, output, errors = synced(*command)
    assert (drifting in output + errors, stored in output) == (False, True)
    for arguments in (["drift"], command):
        _, output, _ = synced(*arguments)
        assert "watched" not in output
    assert stored in synced("diff", "1", "2")[1]


def test_many_types_are_counted():
    names = [f"t{number}" for number in range(25)]
    (line,) = unwatched_lines(ResourceDiffs(disabled_types=names))

    assert line.startswith("disabled types: t0, t1, ")
    assert line.endswith(", t9 and 15 more")


# The configuration


def of_projects(manager):
    """Return the types that are read of projects; those of the instance are apart."""
    return [name for name in manager.readers if not TYPES[name].is_on_instance]


@pytest.mark.all_types
def test_types_of_the_file_are_read(configured, server, monkeypatch, tmp_path):
    path = configured("[recipe, project]")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAIKU_HOST", server.url)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)

    assert read_config_file(path).types == ("recipe", "project")
    manager = StateManager.from_config("dev")
    assert of_projects(manager) == ["project", "recipe"]

    configured("[project]\nenvironments: {prod: {}}")
    assert of_projects(StateManager.from_config("prod")) == ["project"]
    path.write_text("")
    assert list(StateManager.from_config("prod").readers) == default_types()


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        ("[project, datset]", ":1: types.1: unknown type; did you mean dataset?"),
        ("\n- project\n- Recipes", ":3: types.1: unknown type; did you mean recipe?"),
        ("[s3cret-zzz]", ":1: types.0: unknown type; use one of: project, dataset, "),
        ("project", ":1: types: expected a list of different resource types"),
        ("[]", ":1: types: expected a list"),
        ("", ":1: types: expected a list"),
        ("[project, project]", ":1: types: expected a list"),
        ("[project, 3]", ":1: types.1: expected a list"),
    ],
)
def test_invalid_types_in_the_file_are_refused(configured, types, reason):
    with pytest.raises(ConfigurationError) as caught:
        read_config_file(configured(types))
    assert reason in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_first_file_shows_how_to_name_types(tmp_path):
    path = tmp_path / "dataiku-iac.yaml"
    write_config_file(path, "dev", host=None, instance=None)
    path.write_text(path.read_text("utf-8").replace("# types:", "types:"), "utf-8")

    assert read_config_file(path).types == ("project", "dataset", "recipe")


# The command line


def test_commands_take_types(synced, state_manager):
    edit(state_manager.client)

    code, output, _ = synced("drift", "--type", "recipe", "--format", "json")
    assert code == 2
    (resource,) = json.loads(output)["resources"]
    assert resource["resource_id"] == RECIPE

    code, output, _ = synced("refresh", "--type", "recipe")
    assert code == 0
    assert RECIPE in output
    code, output, _ = synced("sync", "--type", "project", "--type", "dataset")
    assert code == 0
    assert "datasets, 1 project; saved" in output
    assert TABLE in output
    assert "recipe" not in output
    assert synced("drift")[0] == 0


def test_types_of_the_file_hold_unless_others_are_named(
    synced, state_manager, configured
):
    configured("[project, dataset]")
    edit(state_manager.client)

    code, output, _ = synced("drift")
    assert code == 2
    assert TABLE in output
    assert RECIPE not in output
    assert "disabled types: recipe" in output
    for selection in (["--type", "recipe"], [RECIPE], [f"recipe.{KEY}.*"]):
        code, output, _ = synced("drift", *selection)
        assert code == 2
        assert RECIPE in output
        assert TABLE not in output
        assert "disabled types" not in output


def test_id_of_another_type_than_the_option_is_refused(run):
    code, _, error = run("drift", RECIPE, "--type", "dataset")

    assert code == 64
    assert f"{RECIPE} is not of type dataset: drop --type" in error


@pytest.mark.parametrize("command", ["sync", "drift", "refresh", "show"])
def test_unknown_type_is_refused_with_a_hint(run, command):
    code, _, error = run(command, "--type", "datset")

    assert code == 64
    assert "error: --type: 'datset': unknown type; did you mean dataset?" in error
