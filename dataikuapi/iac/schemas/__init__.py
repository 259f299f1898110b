"""JSON Schemas of the state file and of the JSON report, as package data."""
