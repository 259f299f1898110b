"""States in a PostgreSQL database."""

from dataikuapi.iac.backends.postgres.backend import PostgresBackend

__all__ = ["PostgresBackend"]
