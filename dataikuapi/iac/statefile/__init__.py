"""The state file: bytes to a state and back, migrations, merge, verification."""

from dataikuapi.iac.statefile.serialization import dumps, loads

__all__ = ["dumps", "loads"]
