"""The errors of the command line itself."""

__all__ = ["OutputError", "UsageError"]


class UsageError(Exception):
    """The arguments, or the environment variables in their place, are wrong."""


class OutputError(Exception):
    """Standard output does not take what is written to it."""
