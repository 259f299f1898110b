"""The state file: serialization, migrations, merge, verification."""

from dataikuapi.iac.statefile.serialization import dumps, loads

__all__ = ["dumps", "loads"]
