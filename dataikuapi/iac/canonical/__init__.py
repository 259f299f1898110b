"""From what DSS returns to what counts as configuration: a pure function per type.

What is left out, and why, stands in a table beside each function.
"""

from dataikuapi.iac.canonical.common import metadata_of
from dataikuapi.iac.canonical.dataset import dataset_attributes
from dataikuapi.iac.canonical.project import project_attributes
from dataikuapi.iac.canonical.recipe import recipe_attributes
from dataikuapi.iac.canonical.secrets import Mask, mask_for

__all__ = [
    "Mask",
    "dataset_attributes",
    "mask_for",
    "metadata_of",
    "project_attributes",
    "recipe_attributes",
]
