"""Writing as DSS does: what is created, saved and deleted, kind by kind."""

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.saved_model import SAVED_MODEL
from iac.sandbox.writing import WRITINGS

each_kind = pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS)


@pytest.fixture
def project(client):
    return client.get_project("P")


@pytest.fixture
def call(client):
    """Call a path below the project; return its JSON, if there is any."""

    def called(method, path, body=None):
        return client._perform_json(method, f"/projects/P/{path}", body=body)

    return called


def read(call, writing, object_id):
    response = call("GET", writing.path.format(object_id))
    return response[writing.inside] if writing.inside else response


def save(call, writing, object_id, document):
    member = writing.sent or writing.inside
    body = {member: document} if member else document
    if writing.inside:
        whole = call("GET", writing.path.format(object_id))
        body = {**whole, **body}
    call(writing.save, writing.path.format(object_id), body)


def version(document):
    return document.get("versionTag", {}).get("versionNumber")


@each_kind
def test_what_is_created_is_there_in_its_first_version(project, call, writing):
    document = read(call, writing, writing.create(project))
    assert version(document) == writing.version
    assert ("creationTag" in document) == (writing.version is not None)


@each_kind
def test_a_save_stores_what_was_sent_as_the_next_version(project, call, writing):
    object_id = writing.create(project)
    before = read(call, writing, object_id)
    member, value = writing.edit
    for step in (1, 2):
        save(call, writing, object_id, {**before, member: value})
        stored = read(call, writing, object_id)
        if writing.version is not None:
            assert version(stored) == writing.version + step
    del stored[member]
    rest = {key: item for key, item in before.items() if key != member}
    assert {**stored, "versionTag": 0} == {**rest, "versionTag": 0}


@each_kind
def test_a_save_drops_what_dss_does_not_know(project, call, writing):
    object_id = writing.create(project)
    before = read(call, writing, object_id)
    save(call, writing, object_id, {**before, "noSuchField": 1})
    assert set(read(call, writing, object_id)) == set(before)


@pytest.mark.parametrize("kind", sorted(set(WRITINGS) - {"Jupyter notebook"}))
def test_tags_come_back_in_another_order(project, call, kind):
    writing = WRITINGS[kind]
    object_id = writing.create(project)
    before = read(call, writing, object_id)
    save(call, writing, object_id, {**before, "tags": ["a", "b", "c"]})
    tags = read(call, writing, object_id)["tags"]
    assert tags != ["a", "b", "c"] and sorted(tags) == ["a", "b", "c"]


@each_kind
def test_a_second_one_collides_where_the_id_is_chosen(project, writing):
    first = writing.create(project)
    if writing.is_chosen:
        with pytest.raises(DataikuException, match="already exists"):
            writing.create(project)
    else:
        assert writing.create(project) != first


@each_kind
def test_what_is_deleted_is_gone(project, call, writing):
    object_id = writing.create(project)
    path = writing.path.format(object_id)
    if not writing.can_delete:
        with pytest.raises(DataikuException, match="not supported|not in the sandbox"):
            call("DELETE", path)
        return
    document = call("GET", path)
    assert call("DELETE", path).keys() == {"msg"}
    if writing.missing:
        with pytest.raises(DataikuException, match="NotFoundException"):
            call("GET", path)
    else:
        assert call("GET", path) == {}
    for method in ("DELETE", writing.save):
        body = {writing.sent: document} if writing.sent else document
        with pytest.raises(DataikuException, match="NotFoundException"):
            call(method, path, body)


def test_variables_are_replaced_as_a_whole(project):
    project.set_variables({"standard": {"a": 1}, "local": {}})
    assert project.get_variables() == {"standard": {"a": 1}, "local": {}}


def test_the_palette_of_tags_is_replaced_as_a_whole(project):
    project.set_tags({"tags": {"a": {"color": "#fff"}}, "noSuchField": 1})
    assert project.get_tags() == {"tags": {"a": {"color": "#fff"}}}


def test_a_zone_ignores_what_is_changed_by_other_calls(project, call):
    item = {"objectType": "DATASET", "objectId": "orders"}
    body = {"name": "z", "position": {"x": 1, "y": 1}, "items": [item]}
    zone = call("POST", "flow/zones", body)
    assert (zone["items"], zone["position"]) == ([], {"x": 1, "y": 1})
    changed = {"items": [item], "shared": [item], "position": {}, "color": "#000000"}
    call("PUT", f"flow/zones/{zone['id']}", {**zone, **changed})
    stored = call("GET", f"flow/zones/{zone['id']}")
    assert stored == {**zone, "color": "#000000"}


def test_sharing_to_a_zone_responds_with_the_zone(project):
    zone = project.get_flow().create_zone("z")
    zone.add_shared(project.get_dataset("orders"))
    assert [dataset.name for dataset in zone.shared] == ["orders"]
    zone.remove_shared(project.get_dataset("orders"))
    assert zone.shared == []


def test_a_light_save_of_a_scenario_leaves_its_steps(project, call):
    definition = {"params": {"steps": [{"type": "custom_python"}]}}
    scenario = project.create_scenario("S", "step_based", definition)
    path = f"scenarios/{scenario.id}"
    light = call("GET", f"{path}/light")
    assert "params" not in light
    sent = {**light, "active": True, "name": "dropped", "tags": ["a", "b"]}
    call("PUT", f"{path}/light", {**sent, "params": {}})
    stored = call("GET", path)
    assert (stored["active"], stored["name"]) == (True, "S")
    assert stored["params"] == definition["params"]
    assert stored["tags"] == ["b", "a"] and version(stored) == 1


def test_a_script_of_a_scenario_is_a_save_of_its_own(project, call):
    scenario = project.create_scenario("S", "custom_python")
    settings = scenario.get_settings()
    settings.code = "print(1)"
    settings.save()
    assert scenario.get_settings().code == "print(1)"
    assert version(call("GET", f"scenarios/{scenario.id}")) == 2


def test_an_id_of_a_scenario_or_a_tool_may_be_chosen(project, call):
    body = {"id": "MINE", "name": "Other", "type": "step_based"}
    assert project.create_scenario("Other", "step_based", body).id == "MINE"
    params = {"creationParams": {"knowledgeBankRef": "Bank1234"}}
    tool = {"id": "tool-1", "name": "search", "type": "VectorStoreSearch", **params}
    assert call("POST", "agents/tools", tool) == {"id": "tool-1"}
    stored = call("GET", "agents/tools/tool-1")
    assert stored["params"] == {"knowledgeBankRef": "Bank1234"}


def test_a_type_of_a_folder_comes_from_its_connection(project, store):
    store.instance.add(CONNECTION, "lake", type="EC2")
    store.instance.add(CONNECTION, "shut", type="EC2", allowManagedFolders=False)
    made = [
        project.create_managed_folder("f", connection_name=name).get_definition()
        for name in ("filesystem_folders", "lake")
    ]
    assert [folder["type"] for folder in made] == ["Filesystem", "S3"]
    assert made[0]["params"]["path"] == "/${projectKey}/${odbId}"
    with pytest.raises(DataikuException, match="does not allow managed folders"):
        project.create_managed_folder("f", connection_name="shut")


def test_a_renamed_folder_keeps_its_id(project, call):
    folder = project.create_managed_folder("old")
    folder.rename("new")
    stored = call("GET", f"managedfolders/{folder.id}")
    assert stored["name"] == "new" and version(stored) == 1


def test_a_trained_model_cannot_be_created(call):
    for model_type in ("DSS_MANAGED", None):
        with pytest.raises(DataikuException, match="Cannot create a saved model"):
            call("POST", "savedmodels/", {"name": "m", "savedModelType": model_type})


def test_a_put_does_not_activate_a_version_of_a_model(project, store):
    versions = [{"versionId": "v1"}, {"versionId": "v2"}]
    fields = {"activeVersion": "v1", "inlineVersions": versions}
    store.add(SAVED_MODEL, "P", "Model123", name="m", **fields)
    model = project.get_saved_model("Model123")
    settings = model.get_settings()
    settings.get_raw()["activeVersion"] = "v2"
    settings.save()
    assert model.get_settings().get_raw()["activeVersion"] == "v1"
    model.set_active_version("v2")
    assert model.get_active_version()["id"] == "v2"
    with pytest.raises(DataikuException, match="has no version v3"):
        model.set_active_version("v3")


def test_a_put_of_an_agent_neither_renames_nor_activates(project, call):
    agent = project.create_agent("old", "TOOLS_USING_AGENT")
    settings = agent.get_settings()
    settings.get_raw()["versions"].append({"versionId": "v2"})
    settings.get_version_settings("v1").add_tool("tool-1")
    settings.get_raw().update(name="dropped", activeVersion="v2")
    settings.save()
    stored = call("GET", f"agents/{agent.id}")
    assert (stored["name"], stored["activeVersion"]) == ("old", "v1")
    tools = stored["versions"][0]["toolsUsingAgentSettings"]["tools"]
    assert tools == [{"toolRef": "tool-1"}]
    project.get_saved_model(agent.id).set_active_version("v2")
    as_model = call("GET", f"savedmodels/{agent.id}")
    call("PUT", f"savedmodels/{agent.id}", {**as_model, "name": "new"})
    stored = call("GET", f"agents/{agent.id}")
    assert (stored["name"], stored["activeVersion"]) == ("new", "v2")
    assert version(stored) == 3


def test_a_new_notebook_has_a_number_at_each_cell(project):
    cell = {"cell_type": "code", "execution_count": None, "outputs": ["1"]}
    notebook = project.create_jupyter_notebook("n", {"cells": [cell]})
    stored = notebook.get_content().get_cells()
    assert stored == [{**cell, "execution_count": 0}]
    notebook.clear_outputs()
    assert notebook.get_content().get_cells()[0]["outputs"] == []


def test_an_sql_notebook_of_another_project_is_refused(call):
    for key in ("Q", None):
        with pytest.raises(DataikuException, match="project"):
            call("POST", "sql-notebooks/", {"projectKey": key, "name": "n"})


def test_a_web_app_gets_a_key_and_ignores_an_id(call):
    made = call("POST", "webapps/", {"id": "mine123", "name": "w", "type": "DASH"})
    stored = call("GET", f"webapps/{made['webAppId']}")
    assert stored["id"] != "mine123" and stored["apiKey"].startswith("dkuaps-")


@pytest.mark.parametrize("kind", ["dashboard", "insight"])
def test_dashboards_and_insights_are_of_who_creates_them(project, call, kind):
    writing = WRITINGS[kind]
    stored = call("GET", writing.path.format(writing.create(project)))
    assert stored["owner"] == "sandbox_admin"


def test_library_files_are_overwritten_moved_and_deleted(project):
    library = project.get_library()
    folder = library.add_folder("python").add_folder("pkg")
    file = folder.add_file("old.py")
    for text in ("a = 1", "a = 2"):
        file.write(text)
    file.rename("new.py")
    file.move_to(library.get_folder("python"))
    again = project.get_library()
    assert again.get_file("python/new.py").read() == "a = 2"
    assert again.get_folder("python").list() and not again.get_file("python/pkg/old.py")
    again.get_folder("python").delete()
    assert project.get_library().list() == []


def test_the_tree_of_a_wiki_is_replaced(project, call):
    first, second = (project.get_wiki().create_article(name) for name in "ab")
    settings = project.get_wiki().get_settings()
    node = {"id": second.article_id, "children": []}
    settings.set_taxonomy([{"id": first.article_id, "children": [node]}])
    settings.set_home_article_id(first.article_id)
    settings.save()
    stored = call("GET", "wiki/")
    assert stored["taxonomy"][0]["children"] == [node] and "versionTag" not in stored
    for tree in ([], [node], [*stored["taxonomy"], node]):
        with pytest.raises(DataikuException, match="each article once"):
            call("PUT", "wiki/", {**stored, "taxonomy": tree})


def test_schema_and_metadata_are_parts_of_a_dataset(project):
    dataset = project.get_dataset("orders")
    columns = [{"name": "id", "type": "bigint"}]
    dataset.set_schema({"columns": columns, "userModified": True})
    metadata = dataset.get_metadata()
    metadata.update(tags=["x", "y"], description="what")
    dataset.set_metadata(metadata)
    stored = dataset.get_settings().get_raw()
    assert stored["schema"]["columns"] == columns == dataset.get_schema()["columns"]
    assert (stored["tags"], stored["description"]) == (["y", "x"], "what")
    assert version(stored) == 9
    with pytest.raises(DataikuException, match="Missing type in column"):
        dataset.set_schema({"columns": [{"name": "id"}]})


def test_a_scoring_recipe_is_called_after_its_input(project, store, call):
    store.add(SAVED_MODEL, "P", "Model123", name="m")
    inputs = {"main": {"items": [{"ref": "orders"}]}}
    outputs = {"main": {"items": [{"ref": "other"}]}}
    prototype = {"type": "prediction_scoring", "name": "mine", "outputs": outputs}
    body = {"recipePrototype": {**prototype, "inputs": inputs}}
    with pytest.raises(DataikuException, match="IllegalStateException"):
        call("POST", "recipes/", body)
    inputs["model"] = {"items": [{"ref": "Model123"}]}
    assert call("POST", "recipes/", body) == {"name": "score_orders"}


def test_a_recipe_needs_its_outputs(project, call):
    builder = project.new_recipe("python", "new").with_output("none")
    with pytest.raises(DataikuException, match="Output none does not exist"):
        builder.create()
    assert call("GET", "recipes/new") == {}


def test_tags_of_what_is_created_come_back_in_another_order(client, project, call):
    body = {"projectKey": "P", "tags": ["a", "b"]}
    for path in ("datasets", "dashboards", "savedmodels", "streamingendpoints"):
        named = {
            "name": "new",
            "id": "new",
            "type": "S3",
            "savedModelType": "LLM_GENERIC",
        }
        made = call("POST", f"{path}/", {**body, **named})
        stored = call("GET", f"{path}/{made.get('id', 'new')}")
        assert stored["tags"] == ["b", "a"]
    client.create_project("NEW", "New", "ann", tags=["a", "b"])
    assert client.get_project("NEW").get_metadata()["tags"] == ["b", "a"]


def test_unknown_parameters_of_a_web_app_are_dropped(project, call):
    params = {"html": "<p>", "noSuchParameter": 1}
    made = call("POST", "webapps/", {"name": "w", "type": "STANDARD", "params": params})
    settings = project.get_webapp(made["webAppId"]).get_settings()
    assert settings.get_raw()["params"] == {"html": "<p>"}
    settings.get_raw()["params"].update(nbProcesses=2, noSuchParameter=1)
    settings.save()
    stored = project.get_webapp(made["webAppId"]).get_settings().get_raw()
    assert stored["params"] == {"html": "<p>", "nbProcesses": 2}
