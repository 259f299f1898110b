"""Projects in files: states from folders, git revisions and archives; and pull."""

from dataikuapi.iac.sources.opening import ProjectSource, open_files
from dataikuapi.iac.sources.pull import PullResult, pull_project

__all__ = ["ProjectSource", "PullResult", "open_files", "pull_project"]
