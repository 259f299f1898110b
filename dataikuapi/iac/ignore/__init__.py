"""Rules for changes that a team has decided not to watch."""
