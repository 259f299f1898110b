"""What an overlay consists of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from dataikuapi.iac.ignore.patterns import id_pattern
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.pointers import parse_pointer

__all__ = ["NO_OVERLAY", "Overlay", "Patch"]

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
_NO_VALUES: Mapping[str, JSON] = MappingProxyType({})


@dataclass(frozen=True)
class Patch:
    """A value that objects have in one environment.

    Args:
        id: the id of an object in the code, or a pattern as ignore rules have them.
        pointer: where the value is, as a JSON Pointer into the attributes. The object
            that has it as a member must be there; the member itself need not be.
        value: the value.

    Raises:
        ValueError: if the pattern or the pointer is not valid.
    """

    id: str
    pointer: str
    value: JSON

    def __post_init__(self) -> None:
        """Check pattern and pointer."""
        id_pattern(self.id)
        parse_pointer(self.pointer)

    @cached_property
    def ids(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return id_pattern(self.id)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The pointer's names and positions."""
        return parse_pointer(self.pointer)


@dataclass(frozen=True)
class Overlay:
    """What one environment has instead of what the code says.

    Args:
        connections: names of connections, each with the one to use instead.
        code_envs: names of code environments, likewise.
        variables: project variables, each with its value; those of the code that are
            not named here stay.
        patches: other values.
    """

    connections: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    code_envs: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    variables: Mapping[str, JSON] = field(default_factory=lambda: _NO_VALUES)
    patches: tuple[Patch, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything in it."""
        return bool(
            self.connections or self.code_envs or self.variables or self.patches
        )


NO_OVERLAY = Overlay()
