"""The weight of a change, by which reports order what they show."""

from enum import Enum

__all__ = ["Severity"]


class Severity(Enum):
    """What a change affects; the members are in the order of their weight.

    A resource type declares which of its attributes belong to which member, see
    :attr:`~dataikuapi.iac.types.base.ResourceType.severities`.
    """

    PERMISSIONS = "permissions"
    """Who may do what: permissions, the owner, what is shared with other projects."""
    REMOVED = "removed"
    """An object does not exist anymore."""
    ADDED = "added"
    """An object is new."""
    CONNECTION = "connection"
    """Where something is stored or runs: connections, code environments, containers."""
    SCHEMA = "schema"
    """Columns and their types."""
    CODE = "code"
    """What is computed: scripts, payloads of visual recipes, inputs and outputs."""
    OTHER = "other"
    """All other settings."""
    DESCRIPTION = "description"
    """What only people read: descriptions, tags, to-do lists."""

    @property
    def rank(self) -> int:
        """The position in the order of weight; 0 is the heaviest."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
