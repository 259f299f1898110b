"""The state file: serialization, migrations, verification."""

from dataikuapi.iac.statefile.serialization import dumps, loads

__all__ = ["dumps", "loads"]
