"""JSON Schemas of the state, the report and the configuration file, as package data."""
