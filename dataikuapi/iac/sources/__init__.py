"""Reads states from files: folders, git revisions and archives of projects."""

from dataikuapi.iac.sources.opening import ProjectSource, open_files

__all__ = ["ProjectSource", "open_files"]
