"""Reading API services."""

import json
from typing import Any, ClassVar

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi.iac.sandbox.kinds.api_service import API_SERVICE
from dataikuapi.iac.types.lookup import references_of
from dataikuapi.iac.types.registry import TYPES
from dataikuapi.iac.types.secrets import make_redactor
from iac.typed import KEY, TypeContract, changed_ids

CHURN = {
    "endpoints": [
        {
            "id": "churn",
            "type": "STD_PREDICTION",
            "modelRef": "Mo12De34",
            "testQueries": [{"q": {"features": {"age": 3}}}],
        },
        {"id": "orders", "type": "SQL_QUERY", "connection": "pg", "query": "SELECT 1"},
    ],
    "authRealm": {"queryKeys": ["s3cr3t-query-key", {"key": "other-query-key"}]},
}
CODE = {"endpoints": [{"id": "f", "type": "PY_FUNCTION", "code": "token = 'x'"}]}


def masked_keys(redactor, *keys):
    """Return the query keys of a service as a state has them."""
    document = {"authRealm": {"queryKeys": list(keys)}}
    found: Any = TYPES["api_service"].canonical(document, redactor)
    return found["authRealm"]["queryKeys"]


def open_to_all(document):
    document["publicAccess"] = not document["publicAccess"]


class TestApiService(TypeContract):
    """API services, which DSS cannot delete."""

    resource_type = "api_service"
    kind = API_SERVICE
    objects: ClassVar[dict[str, Any]] = {"churn": CHURN, "code service": CODE}
    path = "apiservices/{id}/settings"
    listing = "apiservices/"
    edits = (
        open_to_all,
        lambda document: document["endpoints"].append({"id": "new", "type": "X"}),
    )
    noise = (
        lambda document: document["endpoints"][0].update(testQueries=[{"q": {}}]),
        lambda document: document.update(description=None, oauth2Config=None),
        lambda document: document["endpoints"][0].update(releaseNotes=None),
    )

    def test_query_keys_are_masked(self, manager):
        """Whatever form they have."""
        text = str(manager.load_state()[self.resource_id("churn")].attributes)
        assert "query-key" not in text
        assert text.count("<secret>") == 2

    def test_deleted_query_key_changes_no_other(self):
        """Nor does it change what a state has of the first key."""
        redactor = make_redactor("k" * 40)
        first, second, again = masked_keys(redactor, "KEYONE", "KEYTWO", "KEYTWO")
        assert masked_keys(redactor, "KEYTWO") == [second]
        assert len({first, second, again}) == 3
        assert first == redactor.marker("KEYONE", ("authRealm", "queryKeys", "0"))
        assert masked_keys(redactor, {"key": "KEYTWO"}) == [{"key": second}]

    def test_code_is_not_searched(self, manager):
        """A script may hold anything."""
        code = manager.load_state()[self.resource_id("code service")].attributes
        assert "token = 'x'" in str(code)

    def test_references(self, manager):
        """Endpoints refer to models and connections."""
        service = manager.load_state()[self.resource_id("churn")]
        found = {(item.resource_type, item.name) for item in references_of(service)}
        assert found == {("saved_model", "Mo12De34"), ("connection", "pg")}

    def test_new_one_shows_and_none_can_be_deleted(self, manager, client):
        """The id is in the path."""
        path = f"/projects/{KEY}/apiservices/new"
        client._perform_empty("POST", path)
        assert changed_ids(manager) == [self.resource_id("new")]
        with pytest.raises(Exception, match="not supported"):
            client._perform_empty("DELETE", path)

    def test_save_of_a_service_of_a_newer_version_shows_nothing(
        self, manager, client, shop
    ):
        """It has no publicAccess, and may have null for what others have tags."""
        newer: dict[str, Any] = {
            **CODE,
            "authMethod": "PUBLIC",
            "versionTag": None,
            "creationTag": None,
            "checklists": {"checklists": []},
        }
        files = {"params.json": {"owner": "ann"}, "lambda_services/newer.json": newer}
        shop.load_files(
            KEY, {path: json.dumps(item).encode() for path, item in files.items()}
        )
        manager.save_state(manager.sync_project(KEY))
        self.edit(client, "newer", lambda document: None)
        assert changed_ids(manager) == []

    @pytest.mark.parametrize("of", ["churn", "no_such_service"])
    def test_packages_that_do_not_exist(self, client, of):
        """DSS lists none of any service, and fails at a missing one."""
        service = client.get_project(KEY).get_api_service(of)
        assert service.list_packages() == []
        for call in (service.delete_package, service.publish_package):
            with pytest.raises(DataikuException, match="Package v1 does not exist"):
                call("v1")
        with pytest.raises(DataikuException, match="not in the sandbox"):
            service.create_package("v1")
        path = f"/projects/{KEY}/apiservices/{of}/packages/v1/archive"
        with pytest.raises(DataikuException) as caught:
            client._perform_json("GET", path)
        assert "IllegalStateException" in str(caught.value)
