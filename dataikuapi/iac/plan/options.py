"""What somebody allows a plan to do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.ignore.patterns import id_pattern
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models.suggestions import did_you_mean
from dataikuapi.iac.plan.promotion import Promotion

__all__ = ["MaxChange", "PlanOptions", "Side"]

Side = Literal["code", "live"]
"""Which side of a conflict is taken."""

_LIMIT = re.compile(r"([0-9]{1,9})(%?)")


@dataclass(frozen=True)
class MaxChange:
    """How many of a project's objects one plan may update or delete.

    Args:
        number: of objects, or of percent of the objects that are managed.
        is_share: whether it is percent.
    """

    number: int = 30
    is_share: bool = True

    @classmethod
    def parse(cls, text: str) -> "MaxChange":
        """Return what ``30%`` or ``12`` stands for.

        Raises:
            ValueError: if it is neither.
        """
        match = _LIMIT.fullmatch(text)
        if not match:
            raise ValueError(
                f"{text[:80]!r} is neither a percentage such as 30% nor a number"
            )
        return cls(int(match[1]), bool(match[2]))

    def allows(self, changed: int, managed: int) -> bool:
        """Return whether so many changes of so many objects are few enough."""
        limit = managed * self.number / 100 if self.is_share else self.number
        return changed <= limit

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.number}{'%' if self.is_share else ''}"


@dataclass(frozen=True)
class PlanOptions:
    """What a plan may do, beyond what is safe in any case.

    Args:
        allow_delete: delete objects that the code no longer has.
        delete_data: drop the data of what is deleted as well, where DSS can keep it.
        revert_drift: change back what was changed in DSS alone.
        take: which side of a conflict is taken, by the id of the object.
        protect: patterns of ids of objects that are never deleted.
        max_change: how much of a project may be updated or deleted.
        targets: patterns of ids; only these objects and what they need. Empty for all.
        ignore: rules; what they match stays as DSS has it.
        uncertain: why it is not certain which object in DSS is meant, by its id.
        promotion: that the code is what another environment has; ``None`` if it is not.
    """

    allow_delete: bool = False
    delete_data: bool = False
    revert_drift: bool = False
    take: Mapping[str, Side] = field(default_factory=dict)
    protect: tuple[str, ...] = ()
    max_change: MaxChange = MaxChange()
    targets: tuple[str, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    uncertain: Mapping[str, str] = field(default_factory=dict)
    promotion: Promotion | None = None

    def is_protected(self, resource_id: str) -> bool:
        """Return whether an object is never deleted."""
        return _matches(self._protected, resource_id)

    def is_target(self, resource_id: str) -> bool:
        """Return whether the plan is about an object."""
        return not self.targets or _matches(self._targeted, resource_id)

    def require_found(self, ids: Iterable[str]) -> None:
        """Refuse a target, or an id whose side is taken, that is of no object.

        Args:
            ids: of the objects of a plan.

        Raises:
            ResourceNotFoundError: if there is one.
        """
        known = set(ids)
        lone = [
            text
            for text, pattern in zip(self.targets, self._targeted, strict=True)
            if not any(map(pattern.fullmatch, known))
        ]
        lone += [rid for rid in self.take if rid not in known]
        if lone:
            raise ResourceNotFoundError(
                f"nothing to plan for {lone[0]}: neither the code nor the stored state "
                "has it, or an ignore rule leaves it out."
                f"{did_you_mean(lone[0], known)}"
            )

    @cached_property
    def _protected(self) -> list[re.Pattern[str]]:
        return [id_pattern(text) for text in self.protect]

    @cached_property
    def _targeted(self) -> list[re.Pattern[str]]:
        return [id_pattern(text) for text in self.targets]


def _matches(patterns: Iterable[re.Pattern[str]], resource_id: str) -> bool:
    return any(pattern.fullmatch(resource_id) for pattern in patterns)
