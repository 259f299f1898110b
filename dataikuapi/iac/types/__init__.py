"""The resource types, a file each, and what they share.

What refers to objects of a type by the name that DSS has for it is in ``references``.
"""

from dataikuapi.iac.types.base import Documents, Identity, ResourceType
from dataikuapi.iac.types.building import resource_from
from dataikuapi.iac.types.registry import CORE_TYPES, TYPES
from dataikuapi.iac.types.secrets import Redactor, make_redactor

__all__ = [
    "CORE_TYPES",
    "TYPES",
    "Documents",
    "Identity",
    "Redactor",
    "ResourceType",
    "make_redactor",
    "resource_from",
]
