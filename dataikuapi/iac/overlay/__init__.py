"""What differs between environments, laid over the configuration that they share."""

from dataikuapi.iac.overlay.applying import Overlaid, apply_overlay, remove_overlay
from dataikuapi.iac.overlay.leveling import Leveled, level_overlays
from dataikuapi.iac.overlay.model import NO_OVERLAY, Overlay, Patch

__all__ = [
    "NO_OVERLAY",
    "Leveled",
    "Overlaid",
    "Overlay",
    "Patch",
    "apply_overlay",
    "level_overlays",
    "remove_overlay",
]
