"""Which changes has a team decided not to watch?"""

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from dataikuapi.iac.ignore.patterns import (
    escape,
    exact_id,
    id_pattern,
    label_pointer,
    path_pattern,
)
from dataikuapi.iac.models.changes import Change, ValueChangeType
from dataikuapi.iac.models.diff import ResourceDiff
from dataikuapi.iac.models.json_values import JSON, checksum

__all__ = ["IgnoreRule", "fingerprint"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_CLOSED = re.compile(rf'(?:{_STRING}|[^"])*', re.DOTALL)
_TOKEN = re.compile(rf'(?:{_STRING}|[^\s"])+', re.DOTALL)
_WORDS = ("fingerprint", "author", "reason", "expires")
_WORD = re.compile(r"(\w+)=(.*)", re.DOTALL)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class IgnoreRule:
    """What is not to be watched, by patterns.

    In both patterns ``*`` is any run of characters, and ``~0``, ``~1`` and ``~2`` are
    the characters ``~``, ``/`` and ``*`` themselves.

    Args:
        resource: pattern of an id, e.g. ``recipe.SHOP.*``.
        path: pattern of the way to a value; what is at it or beneath it is hidden. As a
            pointer, ``/schema/columns/*/comment``, or as reports show it,
            ``schema.columns[*].comment``; ``*`` stays within one step, and a step
            ``**`` is any number of steps. An item of a list is named by its key where
            it has one, otherwise by its position. Without a path, all about the
            resource is hidden, also that it was added or removed.
        fingerprint: hide only the change that has it, see :func:`fingerprint`.
        author: who decided it.
        reason: why.
        expires: the last day, in UTC, on which it hides anything.

    Raises:
        ValueError: if a pattern is none, or the date.

    Example:
        .. code-block:: python

            rule = IgnoreRule("dataset.SHOP.*", "schema.columns[*].comment")
            rule = IgnoreRule.parse("recipe.SHOP.tmp_* author=ann")
    """

    resource: str
    path: str | None = None
    fingerprint: str | None = None
    author: str | None = None
    reason: str | None = None
    expires: date | None = None

    def __post_init__(self) -> None:
        """Refuse patterns that are none, and what is no date."""
        if not self.resource:
            raise ValueError("a rule needs a pattern of resource ids, e.g. dataset.*")
        if self.expires is not None and type(self.expires) is not date:
            raise ValueError(
                f"expires={self.expires!r}: give a date, without a time: "
                "date(2027, 1, 31)"
            )
        self._resource_pattern, self._path_pattern

    @classmethod
    def parse(cls, line: str) -> "IgnoreRule":
        """Read a rule as a line of a ``.dataikuignore`` file.

        That is a pattern of ids, a pattern of paths if there is one, and then
        ``fingerprint=``, ``author=``, ``reason=`` and ``expires=`` (a date as
        2027-01-31). What
        has blanks in it is written as a JSON string.

        Raises:
            ValueError: if it is no rule, saying why.
        """
        patterns, words = _read(line.strip())
        expires = words.get("expires")
        return cls(
            patterns[0],
            patterns[1] if patterns[1:] else None,
            fingerprint=words.get("fingerprint"),
            author=words.get("author"),
            reason=words.get("reason"),
            expires=None if expires is None else _date(expires),
        )

    def __str__(self) -> str:
        """Return the line that :meth:`parse` reads."""
        parts = [_quoted(self.resource)]
        if self.path is not None:
            parts.append(_quoted(self.path))
        values = (self.fingerprint, self.author, self.reason, self.expires)
        parts += [
            f"{word}={_quoted(str(value))}"
            for word, value in zip(_WORDS, values)
            if value is not None
        ]
        return " ".join(parts)

    @classmethod
    def for_change(cls, diff: ResourceDiff, change: Change | None) -> "IgnoreRule":
        """Return the rule that hides exactly that change, and none that comes after.

        Args:
            diff: of the resource.
            change: one of its changes; ``None`` for that it was added or removed.
        """
        # The labels have ~ escaped already.
        path = label_pointer(change.segments).replace("*", "~2") if change else None
        return cls(escape(diff.resource_id), path, fingerprint(diff, change))

    @property
    def exact_id(self) -> str | None:
        """The one id that it names; ``None`` if there may be several."""
        return exact_id(self.resource)

    def is_expired(self, today: date) -> bool:
        """Tell whether it hides nothing any more."""
        return self.expires is not None and self.expires < today

    def matches_id(self, resource_id: str) -> bool:
        """Tell whether the id is one that it names."""
        return self._resource_pattern.fullmatch(resource_id) is not None

    def suppresses(self, diff: ResourceDiff, change: Change | None = None) -> bool:
        """Tell whether it hides a change, or that a resource was added or removed."""
        if not self.matches_id(diff.resource_id):
            return False
        if self._path_pattern is not None and (
            change is None
            or not self._path_pattern.fullmatch(label_pointer(change.segments))
        ):
            return False
        return self.fingerprint in (None, fingerprint(diff, change))

    @cached_property
    def _resource_pattern(self) -> re.Pattern[str]:
        return id_pattern(self.resource)

    @cached_property
    def _path_pattern(self) -> re.Pattern[str] | None:
        return None if self.path is None else path_pattern(self.path)


def fingerprint(diff: ResourceDiff, change: Change | None = None) -> str:
    """Return 16 hex digits that no other change of the resource has.

    Args:
        diff: of the resource.
        change: one of its changes; ``None`` for that it was added or removed.
    """
    told: list[JSON]
    if change is None:
        before, after = diff.old_resource, diff.new_resource
        told = [
            diff.change_type.value,
            before.compute_checksum() if before else None,
            after.compute_checksum() if after else None,
        ]
    else:
        # With the way to it: of what is beneath it, no change is the same.
        told = [
            change.kind.value,
            label_pointer(change.segments),
            change.old,
            change.new,
        ]
        if change.kind is ValueChangeType.MOVED:
            told += [change.from_pointer, change.pointer]
    return checksum(told)[:16]


def _read(line: str) -> tuple[list[str], dict[str, str]]:
    """Return the one or two patterns of a line, and what its words are."""
    told = repr(line[:200])
    if "\n" in line:
        raise ValueError(f"{told} is several lines; a rule is one")
    if not _CLOSED.fullmatch(line):
        raise ValueError(f"a string is not closed in {told}")
    patterns: list[str] = []
    words: dict[str, str] = {}
    for token in _TOKEN.findall(line):
        word = _WORD.fullmatch(token)
        if token.startswith("#"):
            raise ValueError(
                f"{told} has a comment in it; that stands on a line of its own, and "
                "why something is ignored in reason="
            )
        if word is None:
            patterns.append(_unquoted(token))
        elif word[1] not in _WORDS:
            known = ", ".join(f"{name}=" for name in _WORDS)
            raise ValueError(
                f"{word[1]}= in {told} is none of {known}; write a pattern that has "
                "this in it as a JSON string"
            )
        elif word[1] in words:
            raise ValueError(f"{word[1]}= stands twice in {told}")
        else:
            words[word[1]] = _unquoted(word[2])
    if not 1 <= len(patterns) <= 2:
        raise ValueError(
            "a rule is a pattern of ids, and perhaps one of paths; "
            f"{told} has {len(patterns)}. Write what has blanks in it as a JSON string"
        )
    return patterns, words


def _unquoted(token: str) -> str:
    if not token.startswith('"'):
        return token
    try:
        return str(json.loads(token))
    except ValueError:
        raise ValueError(f"no JSON string: {token[:200]}") from None


def _quoted(text: str) -> str:
    """Write a text so that it is read as one token, and as this text."""
    is_plain = text.isprintable() and text[:1] not in ('"', "#")
    if is_plain and _TOKEN.fullmatch(text) and not _WORD.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _date(text: str) -> date:
    try:
        # Newer versions of Python read other forms too.
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # E.g. the 31st of February.
    raise ValueError(f"expires={text[:40]}: no date as 2027-01-31")
