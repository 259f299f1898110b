"""Finds the secrets in documents and texts, and replaces them by markers."""

from dataikuapi.iac.models.markers import ENCRYPTED, SECRET
from dataikuapi.iac.types.secrets.older import mask_alike
from dataikuapi.iac.types.secrets.redaction import redact, redact_hook
from dataikuapi.iac.types.secrets.redactor import (
    MIN_KEY_LENGTH,
    Redactor,
    make_redactor,
    redact_constant,
)
from dataikuapi.iac.types.secrets.text import mask_text, mask_values

__all__ = [
    "ENCRYPTED",
    "MIN_KEY_LENGTH",
    "SECRET",
    "Redactor",
    "make_redactor",
    "mask_alike",
    "mask_text",
    "mask_values",
    "redact",
    "redact_constant",
    "redact_hook",
]
