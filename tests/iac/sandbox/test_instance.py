"""What the sandbox has outside of projects, through the client and over HTTP."""

import pytest
import requests
from dataikuapi.utils import DataikuException

from dataikuapi import DSSClient
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sandbox.kinds.code_env import CODE_ENV
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.group import GROUP
from dataikuapi.iac.sandbox.kinds.plugin import PLUGIN
from iac.sandbox.api import Api, assert_error


@pytest.fixture
def store():
    store = ProjectStore()
    store.add_project("P")
    store.instance.add(
        CONNECTION, "pg", type="PostgreSQL", params={"password": "e:AES:abc"}
    )
    store.instance.add(
        CONNECTION, "hr", type="PostgreSQL", usableBy="ALLOWED", allowedGroups=["hr"]
    )
    store.instance.add(CONNECTION, "files")
    store.instance.add(CODE_ENV, "PYTHON/py39", specPackageList="pandas")
    store.instance.add(PLUGIN, "geoadmin", version="1.2.3")
    return store


@pytest.fixture
def server(store, serve):
    with serve(store) as server:
        yield server


@pytest.fixture
def client(server):
    return DSSClient(server.url, server.api_key)


@pytest.fixture
def limited(server, store):
    """A client whose key administers nothing."""
    return DSSClient(server.url, store.add_api_key("rea", can_admin=False))


def test_connections_are_a_map_for_an_administrator(client):
    assert list(client.list_connections()) == ["pg", "hr", "files"]
    connection = client.get_connection("pg")
    definition = connection.get_definition()
    connection.set_definition({**definition, "description": "orders"})
    saved = connection.get_definition()
    assert saved["description"] == "orders"
    assert saved["params"]["password"].startswith("e:AES:")
    assert saved["params"] != definition["params"]
    client.create_connection("s3", "EC2", {"bucket": "b"}, "ALLOWED", ["hr"])
    assert client.get_connection("s3").get_definition()["allowedGroups"] == ["hr"]
    client.get_connection("s3").delete()
    with pytest.raises(DataikuException, match="NotFound"):
        client.get_connection("s3").get_definition()


def test_others_get_the_names_of_connections_that_they_may_use(limited, client):
    assert limited.list_connections_names("all") == ["pg", "files"]
    assert limited.list_connections_names("Filesystem") == ["files"]
    assert client.list_connections_names("all") == ["pg", "hr", "files"]
    with pytest.raises(DataikuException, match="Unauthorized"):
        limited.list_connections()


def test_key_that_is_limited_to_projects_gets_an_empty_list(server, store):
    with requests.Session() as session:
        api = Api(session, server, store.add_api_key("app", projects=["P"]))
        assert api.get("/admin/connections/") == []


def test_credentials_are_not_served(server):
    with requests.Session() as session:
        api = Api(session, server, server.api_key)
        assert api("GET", "/connections/pg/info").status_code == 501


def test_groups(client, limited):
    names = ["administrators", "readers"]
    assert [item["name"] for item in client.list_groups()] == names
    assert [item.name for item in limited.list_groups_info()] == names
    group = client.create_group("hr", description="People")
    group.set_definition({**group.get_definition(), "mayCreateProjects": False})
    assert group.get_definition()["mayCreateProjects"] is False
    group.delete()
    assert [item.name for item in limited.list_groups_info()] == names
    with pytest.raises(DataikuException, match="already exists"):
        client.create_group("readers")


def test_code_environments_are_listed_in_short(client):
    (item,) = client.list_code_envs()
    assert item["envName"] == "py39"
    assert "specPackageList" not in item
    settings = client.get_code_env("PYTHON", "py39").get_settings()
    settings.set_required_packages("pandas", "scikit-learn")
    settings.save()
    saved = client.get_code_env("PYTHON", "py39").get_definition()
    assert saved["specPackageList"] == "pandas\nscikit-learn"
    with pytest.raises(DataikuException, match="not in the sandbox"):
        client.create_code_env("PYTHON", "py310", "DESIGN_MANAGED")


def test_project_folders_are_a_tree(client, limited):
    root = client.get_root_project_folder()
    assert root.list_project_keys() == ["P"]
    finance = root.create_sub_folder("Finance")
    audit = client.get_project_folder(finance.id).create_sub_folder("Audit")
    assert client.get_project_folder(audit.id).get_path() == "/Finance/Audit"
    settings = finance.get_settings()
    settings.get_permissions().append({"group": "readers", "read": True})
    settings.save()
    seen = limited.get_root_project_folder()
    assert [item.name for item in seen.list_child_folders()] == ["Finance"]
    assert limited.get_project_folder(finance.id).list_child_folders() == []
    with pytest.raises(DataikuException, match="NotFound"):
        limited.get_project_folder(audit.id)
    with pytest.raises(DataikuException, match="Unauthorized"):
        seen.get_settings()
    with pytest.raises(DataikuException, match="not empty"):
        finance.delete()
    client.get_project_folder(audit.id).move_to(root)
    client.get_project_folder(finance.id).delete()
    root = client.get_root_project_folder()
    assert [item.name for item in root.list_child_folders()] == ["Audit"]
    assert client.get_project_folder(audit.id).get_path() == "/Audit"


def test_plugins_and_users_are_listed(client, limited, server):
    assert [item["version"] for item in client.list_plugins()] == ["1.2.3"]
    assert "rea" in [item.login for item in client.list_users_info()]
    with requests.Session() as session:
        api = Api(session, server, limited.api_key)
        assert_error(api("GET", "/plugins/"), 403, "UnauthorizedException", "instance")


def test_documents_are_copies(store):
    store.instance.get(GROUP, "readers")["admin"] = True
    assert store.instance.get(GROUP, "readers")["admin"] is False
