"""Reading plugins."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.plugin import PLUGIN
from dataikuapi.iac.types.lookup import facts_of
from iac.on_instance import InstanceTypeContract

SECRET = "kV7-tarragon-Lemur"


class TestPlugin(InstanceTypeContract):
    """Plugins."""

    resource_type = "plugin"
    kind = PLUGIN
    objects: ClassVar[dict[str, Any]] = {
        "geoadmin": {"version": "1.2.3", "meta": {"label": "Geo"}},
        "our-plugin": {"version": "0.1.0", "isDev": True, "settings": {"x": SECRET}},
    }
    listing = "/plugins/"
    edits = (
        lambda document: document.update(version="9.0.0"),
        lambda document: document.update(isDev=not document["isDev"]),
    )
    noise = (lambda document: document.update(meta={"label": "Renamed"}),)

    def test_only_the_version_is_read(self, manager, served):
        """Settings, which hold presets, are not even requested."""
        paths = []
        served.faults = lambda method, path: paths.append(path)
        state = manager.sync_instance()
        assert [path for path in paths if "plugin" in path] == ["/plugins/"]
        assert SECRET not in str(state.to_dict())
        ours = state[self.resource_id("our-plugin")]
        assert ours.attributes == {
            "name": "our-plugin",
            "definition": {"version": "0.1.0", "isDev": True},
        }
        assert [(fact.label, *fact.values) for fact in facts_of(ours)] == [
            ("version", "0.1.0"),
            ("state", "in development"),
        ]
