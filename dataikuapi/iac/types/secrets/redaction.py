"""Masks the secrets in a document, by their names and by their format."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.markers import ENCRYPTED, MARKER
from dataikuapi.iac.types.secrets.names import (
    Meaning,
    is_host,
    is_keyed_by_column,
    is_map_of_tokens,
    meaning_of,
)
from dataikuapi.iac.types.secrets.pairs import (
    NAMES,
    VALUES,
    is_list_of_pairs,
    is_special,
    label_of,
    special_members,
)
from dataikuapi.iac.types.secrets.redactor import Redactor
from dataikuapi.iac.types.secrets.shapes import (
    Span,
    find_hooks,
    is_aws_id,
    is_aws_key,
    is_random,
)
from dataikuapi.iac.types.secrets.text import (
    CIPHER_PREFIX,
    find_secrets,
    is_harmless,
    join_spans,
    mask_spans,
)
from dataikuapi.iac.types.secrets.urls import after_host, is_address
from dataikuapi.iac.types.secrets.values import is_placeholder, is_setting

__all__ = ["redact", "redact_hook"]

Path = tuple[str, ...]

_Steps = tuple["_Steps", JSON] | None
"""A path from its end, with the items of lists instead of their labels.

It is made for every value, and needed for few.
"""

# Names of this module, since looking up a member of an Enum takes longer.
_SETTING, _UNKNOWN = Meaning.SETTING, Meaning.UNKNOWN
_SECRET, _PASSWORD = Meaning.SECRET, Meaning.PASSWORD

_NOTHING: Mapping[str, Meaning] = {}
_COLUMN = dict.fromkeys(NAMES | VALUES, _UNKNOWN)
"""Of an item that is named after a column, the name says nothing of the value."""

_AWS_ID = ("AKIA", "ASIA")
_CODE = re.compile(
    r"(?:^|_|[a-z](?=[A-Z]))"
    r"(?:code|expr|expression|formula|query|script|sql|statements?)$",
    re.IGNORECASE,
)


def redact(value: JSON, redactor: Redactor, path: Path = ()) -> JSON:
    """Return a value in which every secret is masked.

    A value is a secret if its name says so (DSS returns tokens, passwords and keys of
    plugins, hooks and presets in clear text), or if it has the format of one. Of a URL
    or a connection string, only the secret part is masked. Values without a secret are
    not copied.

    Args:
        value: not a script; code is not searched.
        redactor: makes the markers.
        path: of the value inside the resource.
    """
    steps: _Steps = None
    for step in path:
        steps = (steps, step)
    return _Redaction(redactor).value(value, steps, _UNKNOWN, "")


def redact_hook(url: str, redactor: Redactor, path: Path = ()) -> str:
    """Return the URL of a webhook with what follows the host masked.

    Args:
        url: returned as it is if a part of it is masked already.
        redactor: makes the marker.
        path: of the URL inside the resource.
    """
    inside = after_host(url)
    if inside is None or MARKER.search(url) or is_placeholder(url[slice(*inside)]):
        return url
    return mask_spans(url, [inside], lambda secret: redactor.marker(secret, path))


class _Redaction:
    """A pass over one value."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._seen: Counter[tuple[Path, str]] = Counter()
        self._aws_ids = 0

    def value(self, value: JSON, steps: _Steps, meaning: Meaning, name: str) -> JSON:
        """Return a value in which every secret is masked.

        Args:
            value: not modified, and returned if there is nothing to mask.
            steps: its path.
            meaning: what its name says of it, or that of an object around it.
            name: its own, or that of the list around it.
        """
        if isinstance(value, str):
            return self._text(value, steps, meaning, name)
        if isinstance(value, dict):
            return self._object(value, steps, meaning, name)
        if isinstance(value, list):
            return self._array(value, steps, meaning, name)
        if meaning is not _PASSWORD or value is None or isinstance(value, bool):
            return value
        return self._mask(str(value), steps)

    def _text(self, text: str, steps: _Steps, meaning: Meaning, name: str) -> str:
        if meaning is _UNKNOWN or meaning is _SETTING or not text:
            if is_harmless(text):
                return text
        elif meaning.is_secret and not text.startswith(CIPHER_PREFIX):
            is_kept = is_setting(text, meaning) or MARKER.fullmatch(text)
            return text if is_kept else self._mask(text, steps)
        if text.startswith(CIPHER_PREFIX):
            return ENCRYPTED
        if text[:4] in _AWS_ID and is_aws_id(text):
            self._aws_ids += 1
        spans = find_secrets(text, is_code=_is_code(name), is_host=is_host(name))
        if meaning is Meaning.ADDRESS:
            spans = _in_address(text, spans, name)
        if not spans:
            return text
        return mask_spans(text, spans, lambda secret: self._mask(secret, steps))

    def _object(
        self, value: dict[str, JSON], steps: _Steps, meaning: Meaning, name: str
    ) -> JSON:
        if meaning is _SECRET or meaning is _PASSWORD:
            return self._members(value, steps, meaning, special_members(value))
        if is_keyed_by_column(name):
            return self._members(value, steps, _UNKNOWN, dict.fromkeys(value, _UNKNOWN))
        special = special_members(value) if is_special(value) else _NOTHING
        if is_map_of_tokens(name):
            special = {**special, **_tokens_in(value)}
        return self._members(value, steps, _UNKNOWN, special)

    def _members(
        self,
        value: dict[str, JSON],
        steps: _Steps,
        meaning: Meaning,
        special: Mapping[str, Meaning],
    ) -> JSON:
        """Mask the members of an object.

        Args:
            value: the object.
            steps: its path.
            meaning: of members whose names say nothing.
            special: of members whose names do not count.
        """
        masked: dict[str, JSON] = {}
        aws_ids = self._aws_ids
        for key, item in value.items():
            if not item or item is True:
                continue
            own = special[key] if key in special else meaning_of(key)
            if own is _UNKNOWN:
                own = meaning
            if isinstance(item, str):
                if (own is _UNKNOWN or own is _SETTING) and is_harmless(item):
                    continue
                new: JSON = self._text(item, (steps, key), own, key)
            elif isinstance(item, dict):
                new = self._object(item, (steps, key), own, key)
            elif isinstance(item, list):
                new = self._array(item, (steps, key), own, key)
            elif own is _PASSWORD:
                new = self._mask(str(item), (steps, key))
            else:
                continue
            if new is not item:
                masked[key] = new
        if self._aws_ids > aws_ids:
            masked.update(self._aws_keys(value, steps))
        return {**value, **masked} if masked else value

    def _aws_keys(self, value: dict[str, JSON], steps: _Steps) -> dict[str, JSON]:
        return {
            key: self._mask(item, (steps, key))
            for key, item in value.items()
            if isinstance(item, str) and is_aws_key(item)
        }

    def _array(
        self, items: list[JSON], steps: _Steps, meaning: Meaning, name: str
    ) -> list[JSON]:
        masked: list[JSON] = []
        is_changed = False
        of_columns = is_keyed_by_column(name)
        previous: JSON = None
        for item in items:
            if isinstance(item, str):
                new: JSON = self._text_in_array(item, previous, steps, meaning, name)
            elif of_columns and isinstance(item, dict):
                new = self._members(item, (steps, item), _UNKNOWN, _COLUMN)
            elif isinstance(item, list) and len(item) == 2 and is_list_of_pairs(name):
                new = self._pair(item, (steps, item), meaning, name)
            else:
                new = self.value(item, (steps, item), meaning, name)
            is_changed = is_changed or new is not item
            previous = item
            masked.append(new)
        return masked if is_changed else items

    def _text_in_array(
        self, text: str, previous: JSON, steps: _Steps, meaning: Meaning, name: str
    ) -> str:
        """Mask a text, which may be an argument that follows an option."""
        place = (steps, "[]")
        if not isinstance(previous, str) or previous[:1] != "-":
            if (meaning is _UNKNOWN or meaning is _SETTING) and is_harmless(text):
                return text
            return self._text(text, place, meaning, name)
        own = _after_option(previous, text)
        masked = self._text(text, place, own or meaning, name)
        if own or masked is not text:
            return masked
        start = len(previous) + 1  # In ["-u", "me:x"], only the password is a secret.
        spans = [
            (first - start, last - start)
            for first, last in find_secrets(f"{previous} {text}")
            if first >= start
        ]
        return mask_spans(text, spans, lambda secret: self._mask(secret, place))

    def _pair(
        self, pair: list[JSON], steps: _Steps, meaning: Meaning, name: str
    ) -> list[JSON]:
        """Mask the value in a list of a name and a value."""
        label, value = pair
        own = meaning_of(label) if isinstance(label, str) else meaning
        if not own.is_secret or not isinstance(value, str):
            return self._array(pair, steps, meaning, name)
        masked = self._text(value, (steps, f"[{label}]"), own, name)
        return pair if masked is value else [label, masked]

    def _mask(self, secret: str, steps: _Steps) -> str:
        path: list[str] = []
        while steps:
            steps, step = steps
            path.append(step if isinstance(step, str) else label_of(step))
        place = (tuple(reversed(path)), secret)
        marker = self._redactor.marker(secret, place[0], self._seen[place])
        self._seen[place] += 1
        return marker


def _tokens_in(value: Mapping[str, JSON]) -> Mapping[str, Meaning]:
    """Return the members of a map of tokens that are not words."""
    return {
        key: _SECRET
        for key, item in value.items()
        if isinstance(item, str) and is_random(item) and meaning_of(key) is _UNKNOWN
    }


@lru_cache(maxsize=8192)
def _is_code(name: str) -> bool:
    """Return whether there is SQL, a formula or a script under a name."""
    return _CODE.search(name) is not None


def _in_address(text: str, spans: list[Span], name: str) -> list[Span]:
    """Return the secrets in a URL or connection string; a webhook's path is one."""
    if MARKER.search(text):
        return spans
    if "hook" in name.lower() and not any(find_hooks(text)):
        inside = after_host(text)
        spans = join_spans([*spans, inside]) if inside else spans
    if spans or is_address(text) or is_setting(text, Meaning.ADDRESS):
        return spans
    return [(0, len(text))]


def _after_option(option: str, value: JSON) -> Meaning | None:
    """Return what an argument of a command is, by the option before it."""
    if not isinstance(value, str) or value[:1] == "-":
        return None
    meaning = meaning_of(option.lstrip("-"))
    return meaning if meaning.is_secret else None
