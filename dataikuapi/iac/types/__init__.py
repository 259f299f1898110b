"""From what DSS returns to what counts as configuration: a pure function per type.

What is left out, and why, stands in a table beside each function.
"""

from dataikuapi.iac.types.cleaning import metadata_of
from dataikuapi.iac.types.dataset import dataset_attributes
from dataikuapi.iac.types.project import project_attributes
from dataikuapi.iac.types.recipe import recipe_attributes
from dataikuapi.iac.types.secrets import Redactor, make_redactor

__all__ = [
    "Redactor",
    "dataset_attributes",
    "make_redactor",
    "metadata_of",
    "project_attributes",
    "recipe_attributes",
]
