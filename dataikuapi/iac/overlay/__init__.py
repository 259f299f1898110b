"""What differs between environments, laid over the configuration that they share."""

from dataikuapi.iac.overlay.applying import Overlaid, apply_overlay, remove_overlay
from dataikuapi.iac.overlay.model import NO_OVERLAY, Overlay, Patch

__all__ = [
    "NO_OVERLAY",
    "Overlaid",
    "Overlay",
    "Patch",
    "apply_overlay",
    "remove_overlay",
]
