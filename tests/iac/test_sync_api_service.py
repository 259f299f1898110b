"""Reading API services."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac.sandbox.kinds.api_service import API_SERVICE
from dataikuapi.iac.types.registry import references_of
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
