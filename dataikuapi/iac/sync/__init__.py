"""Reads an instance. No other package calls the client to read from DSS."""

from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.classes import SYNCS
from dataikuapi.iac.sync.dataset import DatasetSync
from dataikuapi.iac.sync.project import ProjectSync
from dataikuapi.iac.sync.recipe import RecipeSync

__all__ = ["SYNCS", "DatasetSync", "ProjectSync", "RecipeSync", "ResourceSync"]
