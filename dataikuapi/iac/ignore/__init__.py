"""Ignore rules: the changes that a team has decided not to track."""
