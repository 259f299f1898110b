"""The command-line interface, as ``dataiku-iac`` and ``python -m dataikuapi.iac``."""

from dataikuapi.iac.cli.program import main

__all__ = ["main"]
