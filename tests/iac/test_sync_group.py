"""Reading groups."""

from typing import Any, ClassVar

from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.sandbox.kinds.group import GROUP
from dataikuapi.iac.types.lookup import facts_of, severity_of
from iac.on_instance import InstanceTypeContract


class TestGroup(InstanceTypeContract):
    """Groups, beside the two that every instance has."""

    resource_type = "group"
    kind = GROUP
    objects: ClassVar[dict[str, Any]] = {
        "sales": {"description": "Who sells", "mayCreateProjects": True},
        "R&D / lab": {"sourceType": "LDAP", "ldapGroupNames": "cn=rd,dc=example"},
        "ops": {"admin": True},
    }
    listing = "/admin/groups/"
    edits = (
        lambda document: document.update(mayDevelopPlugins=True),
        lambda document: document.update(mayManageUDM=True),
        lambda document: document.update(description="Others"),
    )
    noise = (lambda document: document.update(mayFlyToTheMoon=False),)
    sees_names = True

    def test_rights_that_are_off_are_as_none(self, manager):
        """An upgrade adds flags to groups that nobody edited."""
        sales = manager.load_state()[self.resource_id("sales")]
        rights = [name for name in sales.attributes["definition"] if "may" in name]
        assert rights == ["mayCreateProjects", "mayWriteSafeCode"]

    def test_a_right_that_is_taken_shows(self, manager, shop):
        """A flag that goes off is removed."""

        def take(document):
            document["mayWriteSafeCode"] = False

        self.edit(shop, "sales", take)
        (diff,) = self.drift(manager)
        assert [change.path for change in diff.changes] == [
            "definition.mayWriteSafeCode"
        ]
        path = ("definition", "mayWriteSafeCode")
        assert severity_of("group", path) is Severity.PERMISSIONS

    def test_without_rights_all_names_are_known(self, manager, limited, shop):
        """So a new group shows, and so does one that is gone."""
        shop.instance.add(GROUP, "new")
        shop.instance.remove(GROUP, "ops")
        report = self.drift(limited)
        assert [diff.resource_id for diff in report.added] == ["group.@instance.new"]
        assert [diff.resource_id for diff in report.removed] == ["group.@instance.ops"]
        assert not report.unknown
        assert report.is_incomplete

    def test_facts(self, manager):
        """The summary of an added group."""
        ops = manager.load_state()[self.resource_id("ops")]
        facts = [(fact.label, *fact.values) for fact in facts_of(ops)]
        assert facts == [("source", "LOCAL"), ("rights", "administrator")]
