"""Where states are stored, as the configuration file may say it."""

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.urls import scheme_of
from dataikuapi.iac.types.secrets import redact, redact_constant

__all__ = ["NO_CREDENTIALS", "has_credentials"]

NO_CREDENTIALS = (
    "the URL has credentials, which are not stored in this file: remove them, and keep "
    "them where the tools of that storage look for them"
)


def has_credentials(location: str) -> bool:
    """Return whether a location is a URL with something that looks like a secret."""
    found: dict[str, JSON] = {"state": location}
    return bool(scheme_of(location)) and redact(found, redact_constant) != found
