"""The JSON Schema of the state file, ``state_v1.schema.json``, as package data."""
