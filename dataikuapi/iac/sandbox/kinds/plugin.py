"""Plugins: listed with their version; their settings are not served."""

from __future__ import annotations

from dataclasses import dataclass

from dataikuapi.iac.sandbox.kinds.base import Routes
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind


@dataclass(frozen=True, eq=False)
class PluginKind(InstanceKind):
    """Installed plugins."""

    def routes(self) -> Routes:
        """Return the one request that is served."""
        return {f"/{self.path}": {"GET": self.handle_list}}


PLUGIN = PluginKind(
    label="plugin",
    path="plugins",
    key="id",
    always={"version": "1.0.0", "isDev": False, "meta": {}},
)
