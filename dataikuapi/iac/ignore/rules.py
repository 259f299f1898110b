"""Ignore rules: parsing, formatting and matching."""

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from dataikuapi.iac.ignore.patterns import (
    escape,
    exact_id,
    id_pattern,
    keyed_pointer,
    path_pattern,
)
from dataikuapi.iac.models.changes import Change, PathSegment, ValueChangeType
from dataikuapi.iac.models.diff import ResourceDiff
from dataikuapi.iac.models.json_values import JSON, checksum
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.types.secrets import mask_values

__all__ = ["IgnoreRule", "fingerprint"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_CLOSED = re.compile(rf'(?:{_STRING}|[^"])*', re.DOTALL)
_TOKEN = re.compile(rf'(?:{_STRING}|[^\s"])+', re.DOTALL)
_OPTIONS = ("fingerprint", "author", "reason", "expires")
_OPTION = re.compile(r"(\w+)=(.*)", re.DOTALL)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class IgnoreRule:
    """Patterns that select changes to ignore.

    In both patterns, ``*`` matches any run of characters, and ``~0``, ``~1`` and ``~2``
    stand for the characters ``~``, ``/`` and ``*``.

    Args:
        resource: pattern of resource ids, e.g. ``recipe.SHOP.*``.
        path: pattern of paths; changes at or below a matching path are ignored. It is
            written as a JSON Pointer, ``/schema/columns/*/comment``, or as reports show
            paths, ``schema.columns[*].comment``. ``*`` matches within one segment, and
            a segment ``**`` matches any number of segments. A list item is named by
            its key if it has one, otherwise by its index. Without a path, every change
            to the resource is ignored, including that it was added or removed.
        fingerprint: ignore only the change with this :func:`fingerprint`.
        author: who added the rule.
        reason: why.
        expires: the last day, in UTC, on which the rule applies.

    Raises:
        ValueError: if a pattern or the date is invalid.

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
        """Refuse invalid patterns and dates."""
        if not self.resource:
            raise ValueError("a rule needs a pattern of resource ids, e.g. dataset.*")
        if self.expires is not None and type(self.expires) is not date:
            raise ValueError(
                f"expires={self.expires!r} is not a date; pass one without a time, "
                "e.g. date(2027, 1, 31)"
            )
        # Compiling a pattern refuses it.
        self._resource_pattern, self._path_pattern  # noqa: B018

    @classmethod
    def parse(cls, line: str) -> "IgnoreRule":
        """Parse a line of a ``.dataikuignore`` file.

        The line has a pattern of resource ids, optionally a pattern of paths, and the
        options ``fingerprint=``, ``author=``, ``reason=`` and ``expires=`` (a date such
        as 2027-01-31). A value with whitespace in it is written as a JSON string.

        Raises:
            ValueError: if the line is not a valid rule; the message says why.
        """
        patterns, options = _parse_line(line.strip())
        expires = options.get("expires")
        return cls(
            patterns[0],
            patterns[1] if patterns[1:] else None,
            fingerprint=options.get("fingerprint"),
            author=options.get("author"),
            reason=options.get("reason"),
            expires=None if expires is None else _parse_date(expires),
        )

    def __str__(self) -> str:
        """Return the rule as a line that :meth:`parse` accepts."""
        parts = [_quoted(self.resource)]
        if self.path is not None:
            parts.append(_quoted(self.path))
        values = (self.fingerprint, self.author, self.reason, self.expires)
        parts += [
            f"{option}={_quoted(str(value))}"
            for option, value in zip(_OPTIONS, values, strict=True)
            if value is not None
        ]
        return " ".join(parts)

    @classmethod
    def for_change(cls, diff: ResourceDiff, change: Change | None) -> "IgnoreRule":
        """Return a rule that suppresses exactly this change and no later one.

        Args:
            diff: the diff of the resource.
            change: one of its changes; ``None`` for its addition or removal, or for
                everything if it was deleted and created again.
        """
        # ~ is already escaped in the labels.
        path = keyed_pointer(change.segments).replace("*", "~2") if change else None
        return cls(escape(diff.resource_id), path, fingerprint(diff, change))

    @property
    def exact_id(self) -> str | None:
        """The one id that the rule matches; ``None`` if it may match several."""
        return exact_id(self.resource)

    def is_expired(self, today: date) -> bool:
        """Return whether the rule no longer applies."""
        return self.expires is not None and self.expires < today

    def matches_id(self, resource_id: str) -> bool:
        """Return whether the rule matches a resource id."""
        return self._resource_pattern.fullmatch(resource_id) is not None

    def suppresses(self, diff: ResourceDiff, change: Change | None = None) -> bool:
        """Return whether the rule suppresses a change, or an addition or removal."""
        if not self.matches_id(diff.resource_id):
            return False
        if self._path_pattern is not None and (
            change is None
            or not self._path_pattern.fullmatch(keyed_pointer(change.segments))
        ):
            return False
        return self.fingerprint in (None, fingerprint(diff, change))

    def suppresses_all_of(self, attribute: str) -> bool:
        """Return whether the rule suppresses every change of an attribute."""
        pattern = self._path_pattern
        whole = keyed_pointer((PathSegment(attribute),))
        is_covered = pattern is None or pattern.fullmatch(whole) is not None
        return is_covered and self.fingerprint is None

    @cached_property
    def _resource_pattern(self) -> re.Pattern[str]:
        return id_pattern(self.resource)

    @cached_property
    def _path_pattern(self) -> re.Pattern[str] | None:
        return None if self.path is None else path_pattern(self.path)


def fingerprint(diff: ResourceDiff, change: Change | None = None) -> str:
    """Return 16 hex digits that identify a change to a resource.

    It is meant to be committed, so no secret goes into it: not only the values that a
    state masks are masked, but also what looks like a secret in a script. A later
    change to nothing but a secret in a script therefore has the same fingerprint.
    There is no key: somebody who guesses both values of a setting that is not secret,
    or both texts of a script, can check the guess.

    Args:
        diff: the diff of the resource.
        change: one of its changes; ``None`` for its addition or removal.
    """
    content: list[JSON]
    if change is None:
        content = [
            diff.change_type.value,
            _checksum(diff.old_resource),
            _checksum(diff.new_resource),
        ]
        after = diff.new_resource
        if diff.is_recreated and after and after.metadata.created_at:
            content.append(format_time(after.metadata.created_at))
    else:
        # The path is part of it, so that no change below this one has the same.
        content = [
            change.kind.value,
            keyed_pointer(change.segments),
            mask_values(change.old),
            mask_values(change.new),
        ]
        if change.kind is ValueChangeType.MOVED:
            content += [change.from_pointer, change.pointer]
    return checksum(content)[:16]


def _checksum(resource: Resource | None) -> str | None:
    return checksum(mask_values(resource.attributes)) if resource else None


def _parse_line(line: str) -> tuple[list[str], dict[str, str]]:
    """Return the one or two patterns of a line, and its options."""
    quoted = repr(line[:200])
    if "\n" in line:
        raise ValueError(f"{quoted} has several lines; a rule is one line")
    if not _CLOSED.fullmatch(line):
        raise ValueError(f"a string is not closed in {quoted}")
    patterns: list[str] = []
    options: dict[str, str] = {}
    for token in _TOKEN.findall(line):
        option = _OPTION.fullmatch(token)
        if token.startswith("#"):
            raise ValueError(
                f"{quoted} ends in a comment; put comments on their own line, or the "
                "reason for a rule in reason="
            )
        if option is None:
            patterns.append(_unquoted(token))
        elif option[1] not in _OPTIONS:
            known = ", ".join(f"{name}=" for name in _OPTIONS)
            raise ValueError(
                f"{option[1]}= in {quoted} is not one of {known}; if it is part of a "
                "pattern, write the pattern as a JSON string"
            )
        elif option[1] in options:
            raise ValueError(f"{option[1]}= appears twice in {quoted}")
        else:
            options[option[1]] = _unquoted(option[2])
    if not 1 <= len(patterns) <= 2:
        raise ValueError(
            "a rule has a pattern of resource ids and at most one pattern of paths; "
            f"{quoted} has {len(patterns)} patterns. Write a pattern with whitespace "
            "in it as a JSON string"
        )
    return patterns, options


def _unquoted(token: str) -> str:
    if not token.startswith('"'):
        return token
    try:
        return str(json.loads(token))
    except ValueError:
        raise ValueError(f"not a JSON string: {token[:200]}") from None


def _quoted(text: str) -> str:
    """Quote a text if necessary, so that it parses back as one token."""
    is_plain = text.isprintable() and text[:1] not in ('"', "#")
    if is_plain and _TOKEN.fullmatch(text) and not _OPTION.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _parse_date(text: str) -> date:
    try:
        # Newer Python versions accept other formats too.
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # E.g. February 31.
    raise ValueError(f"expires={text[:40]} is not a date such as 2027-01-31")
