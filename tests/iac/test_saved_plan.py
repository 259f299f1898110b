"""Plans in files: what is written is read again, exactly, or refused."""

import json
import os
import stat
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, PlanFileError, StateManager, open_source
from dataikuapi.iac.models.json_values import checksum
from dataikuapi.iac.plan import ActionType, ExecutionPlan, read_plan, write_plan
from dataikuapi.iac.reports.plan_json import render_plan_json
from dataikuapi.iac.sandbox import ProjectStore, sample_folder
from dataikuapi.iac.sources import pull_project
from iac.planning import edited_project, mixed_plan, of_orders, scripts_plan
from iac.test_plan import A, B, item, orders, planned, recipe, state

SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("saved_plan_v1.schema.json").read_text()
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plan.json"


def typed(plan):
    """Return all of a plan as text, which tells 1 from 1.0 and true."""
    resources = [
        (side and side.to_dict())
        for action in plan.actions
        for side in (action.diff.old_resource, action.diff.new_resource)
    ]
    return json.dumps(resources) + render_plan_json(plan) + str(plan)


def again(plan, path):
    """Return a plan after it was written and read; it is the same one."""
    write_plan(plan, path)
    jsonschema.validate(json.loads(path.read_text()), SCHEMA)
    found = read_plan(path)
    assert found == plan
    assert typed(found) == typed(plan)
    assert found._repr_html_() == plan._repr_html_()
    return found


def keyed_list_plan():
    """Return a plan with conflicts and kept values in a list with keys."""

    def columns(**types):
        found = [{"name": name, "type": kind} for name, kind in types.items()]
        return orders(editor="bob", schema={"columns": found}, **{"odd key": [1, 1.0]})

    sides = columns(a="x", b="x"), columns(a="y", b="x"), columns(a="z", b="z")
    return planned(*(state(side) for side in sides))


def cyclic_plan():
    """Return a plan with a cycle, targets, and what is refused and left out."""
    ring = [recipe("r", ["orders"], ["z"]), recipe("s", ["z"], ["orders"])]
    code = state(
        A,
        item("dataset.SHOP.z"),
        *ring,
        *[item(f"dataset.SHOP.d{n}") for n in range(3)],
    )
    return planned(state(lineage="one", serial=7), code, state(), targets=("recipe.*",))


PLANS = {
    "all actions": mixed_plan,
    "scripts": scripts_plan,
    "empty": ExecutionPlan,
    "keyed lists": keyed_list_plan,
    "cycle": cyclic_plan,
    "data is dropped": lambda: of_orders(
        [A], [], [A], allow_delete=True, delete_data=True
    ),
    "numbers": lambda: of_orders(
        [orders(x=[1, 1.0, True, None, -0.0, 2**63, ""])], [orders(x=[1.0])], [A]
    ),
    "created again": lambda: of_orders([A], [A], [item(A.resource_id, created=None)]),
    "only the type of a number": lambda: of_orders(
        [orders(x=1)], [orders(x=1.0)], [orders(x=1)]
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_plan_is_the_same_again(name, path):
    again(PLANS[name](), path)


@pytest.mark.all_types
def test_plan_of_a_real_project_is_the_same_again(
    project_folder, serve, tmp_path, path
):
    plan = edited_project(project_folder, serve, tmp_path)
    assert again(plan, path).has_changes()


def test_same_plan_gives_the_same_file(path, tmp_path):
    plan = mixed_plan()
    write_plan(plan, path)
    write_plan(read_plan(path), tmp_path / "other.json")
    assert path.read_bytes() == (tmp_path / "other.json").read_bytes()


def test_what_does_not_change_is_written_once(path):
    write_plan(of_orders([A], [A], [A]), path)
    actions = json.loads(path.read_text())["plan"]["actions"]
    assert [set(each) & {"new_resource"} for each in actions] == [set(), set()]


def test_only_the_owner_may_read_it(path):
    path.touch(0o644)
    path.unlink()
    before = os.umask(0)
    try:
        write_plan(mixed_plan(), path)
        write_plan(mixed_plan(), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_a_plan_is_replaced(path):
    write_plan(mixed_plan(), path)
    write_plan(ExecutionPlan(), path)
    assert read_plan(path) == ExecutionPlan()
    for content in ("", "notes", "[]", '{"format": "other"}'):
        path.write_text(content)
        with pytest.raises(PlanFileError, match=r"is not a plan, .* Name another file"):
            write_plan(mixed_plan(), path)
        assert path.read_text() == content


def test_only_a_regular_file_is_replaced(path, tmp_path, no_hanging):
    write_plan(ExecutionPlan(), path)
    link, pipe, folder = tmp_path / "link", tmp_path / "pipe", tmp_path / "folder"
    link.symlink_to(path)
    os.mkfifo(pipe)
    folder.mkdir()
    for target in (link, pipe, folder, "/dev/null"):
        with pytest.raises(PlanFileError, match="not a regular file. Name another"):
            write_plan(mixed_plan(), target)
    assert read_plan(path) == ExecutionPlan()


def test_failed_write_leaves_the_plan_as_it_was(path, tmp_path, monkeypatch):
    write_plan(ExecutionPlan(), path)

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PlanFileError, match="No space left on device"):
        write_plan(mixed_plan(), path)
    assert read_plan(path) == ExecutionPlan()
    assert list(tmp_path.iterdir()) == [path]


def test_folder_must_exist(tmp_path):
    with pytest.raises(PlanFileError, match="No such file.* in a folder that exists"):
        write_plan(mixed_plan(), tmp_path / "no" / "plan.json")


def test_what_json_cannot_carry_is_refused(path):
    for reason in ("\ud800", float("nan")):
        action = replace(mixed_plan().actions[0], reason=reason)
        with pytest.raises(PlanFileError, match=r"plan.json: .*reason.*exactly"):
            write_plan(ExecutionPlan([action]), path)
    assert not path.exists()


def changed(document, signed=True, **members):
    """Return the text of a plan with other members, and a digest that is theirs."""
    document = {**document, **members}
    if signed:
        document["digest"] = checksum(document["plan"])
    return json.dumps(document)


def action_with(document, **members):
    """Return the same with other members of the first action."""
    first, *others = document["plan"]["actions"]
    return changed(
        document, plan={**document["plan"], "actions": [{**first, **members}, *others]}
    )


BAD = {
    "empty": (lambda _: "", r"it is empty \(0 bytes\).*Plan again: dataiku-iac plan"),
    "not JSON": (lambda _: "to do: all", "it is not JSON.*It is not a plan, or only a"),
    "cut off": (lambda plan: json.dumps(plan)[:-9], "it is not JSON.*Plan again"),
    "a list": (lambda _: "[]", "it is some other JSON, and no saved plan. Plan again"),
    "a newer one": (
        lambda plan: changed(plan, format_version=2),
        "a newer dataiku-iac wrote this plan.*version is 2.*reads 1. Upgrade",
    ),
    "edited": (
        lambda plan: changed(plan, False, plan={"metadata": {}, "actions": []}),
        "it was edited since it was written.*Plan again",
    ),
    "without content": (lambda plan: changed(plan, plan=None), r"\$.plan: expected"),
    "a version that is none": (
        lambda plan: changed(plan, format_version="1"),
        r"\$.format_version: expected integer",
    ),
    "an unknown action": (
        lambda plan: action_with(plan, action="explode"),
        "not a valid plan: 'explode' is not an action type. Plan again",
    ),
    "an action that is none": (
        lambda plan: action_with(plan, action=7),
        r"not a valid plan: \$.plan.actions\[0\].action: ",
    ),
    "the object of another id": (
        lambda plan: action_with(plan, resource_id="dataset.SHOP.other"),
        "not a valid plan: dataset.SHOP.other: it has no object, or one",
    ),
    "no object at all": (
        lambda plan: action_with(plan, old_resource=None, new_resource=None),
        "it has no object, or one of another id",
    ),
    "a time that is none": (
        lambda plan: action_with(
            plan,
            stored={
                "checksum": "0" * 64,
                "serial": None,
                "created_at": "2026-02-30T00:00:00Z",
            },
        ),
        "not a valid plan: not an RFC 3339 time",
    ),
    "too deep": (
        lambda plan: changed(plan, format_version=json.loads("[" * 230 + "]" * 230)),
        "nested deeper than",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused(name, path):
    write_plan(mixed_plan(), path)
    spoil, message = BAD[name]
    path.write_text(spoil(json.loads(path.read_text())))
    with pytest.raises(PlanFileError, match=message) as caught:
        read_plan(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_every_edit_is_noticed(path):
    """By its digest, whatever the value."""
    write_plan(mixed_plan(), path)
    text = path.read_text()
    for old, new in [('"delete"', '"kept"'), ('"x": 1', '"x": 1.0'), ("SHOP", "SHIP")]:
        assert old in text
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(PlanFileError, match="it was edited"):
            read_plan(path)
    path.write_text(text)
    plan = read_plan(path)
    path.write_text(json.dumps(json.loads(text)))  # Only the layout differs.
    assert read_plan(path) == plan


def test_what_is_no_file_is_refused(tmp_path, no_hanging):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target, message in (
        (tmp_path / "missing", "there is no plan at .*missing. Plan again"),
        (tmp_path, "cannot read .*: Is a directory"),
        (pipe, "cannot read .*: not a regular file"),
    ):
        with pytest.raises(PlanFileError, match=message):
            read_plan(target)


def test_state_and_report_are_named(path, backend):
    backend.save(state(A))
    with pytest.raises(PlanFileError, match="it is a state, and no saved plan"):
        read_plan(backend.state_file)
    path.write_text(render_plan_json(mixed_plan()))
    with pytest.raises(PlanFileError, match=r"the report of a plan \(--format json\)"):
        read_plan(path)


PLANTED = "s3cr3t-Pa55word"


@pytest.mark.parametrize("key", [None, "a secret key of enough characters"])
def test_no_secret_is_in_the_file(serve, tmp_path, path, key):
    """Neither one in DSS, nor one in the code, nor one in a conflict."""
    store = ProjectStore()
    project_key = store.load_folder(sample_folder())
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        dataset = client.get_project(project_key).get_dataset("orders")

        def save(secret):
            settings = dataset.get_settings()
            settings.get_raw()["params"].update(password=secret, apiToken=f"{secret}!")
            settings.save()

        backend = LocalFileBackend(tmp_path / "dev.state.json")
        manager = StateManager(backend, client, "dev", secret_key=key)
        save(PLANTED)
        manager.save_state(manager.sync_project(project_key))
        pull_project(manager.load_state(), tmp_path / project_key)
        save(f"{PLANTED}-2")
        file = tmp_path / project_key / "datasets" / "orders.json"
        document = json.loads(file.read_text())
        document["params"]["password"] = f"{PLANTED}-3"
        document["shortDesc"] = "edited"
        file.write_text(json.dumps(document))
        plan = manager.plan(open_source(str(file.parents[1])).read())
    assert again(plan, path).by_id()[f"dataset.{project_key}.orders"].diff.old_resource
    text = path.read_text()
    assert "s3cr3t" not in text
    assert ("<secret:" if key else "<secret>") in text
    assert server.api_key not in text


def test_actions_keep_their_order_and_what_they_are(path):
    found = again(mixed_plan(), path)
    kinds = {action.action_type for action in found.actions}
    others = {ActionType.NO_CHANGE, ActionType.KEPT, ActionType.RENAME}
    assert kinds >= set(ActionType) - others
    assert any(action.dependencies for action in found.actions)
    assert any(action.conflicts for action in found.actions)
    assert B.metadata.created_at in {
        action.stored.created_at for action in found.actions if action.stored
    }
