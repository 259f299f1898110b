"""JSON Pointers (RFC 6901) into values, and copies of values that differ at one."""

from collections.abc import Sequence

from dataikuapi.iac.models.json_values import JSON

__all__ = ["parse_pointer", "value_at_pointer", "with_value_at", "without_value_at"]


def parse_pointer(text: str) -> tuple[str, ...]:
    """Return the names and positions of which a pointer consists.

    Raises:
        ValueError: if it does not begin with ``/``, or has an invalid escape.
    """
    if not text.startswith("/"):
        raise ValueError("a JSON Pointer begins with '/'")
    return tuple(map(_unescape, text[1:].split("/")))


def _unescape(token: str) -> str:
    parts = token.split("~")
    if any(part[:1] not in ("0", "1") for part in parts[1:]):
        raise ValueError("in a JSON Pointer '~' is written '~0', and '/' '~1'")
    return token.replace("~1", "/").replace("~0", "~")


def value_at_pointer(value: JSON, tokens: Sequence[str]) -> JSON:
    """Return the value at a pointer.

    Raises:
        LookupError: if there is none.
    """
    for token in tokens:
        value = _item(value, token)
    return value


def with_value_at(value: JSON, tokens: Sequence[str], new: JSON) -> JSON:
    """Return a copy with another value at a pointer, or with a new member there.

    What does not change is not copied.

    Raises:
        LookupError: if there is no object with such a member, and no item of a list.
    """
    if not tokens:
        return new
    token, *rest = tokens
    if isinstance(value, dict) and not rest:
        return {**value, token: new}
    changed = with_value_at(_item(value, token), rest, new)
    return _replaced(value, token, changed)


def without_value_at(value: JSON, tokens: Sequence[str]) -> JSON:
    """Return a copy without the member at a pointer, which need not be there.

    Raises:
        LookupError: if there is no object that could have it.
    """
    token, *rest = tokens
    if rest:
        return _replaced(value, token, without_value_at(_item(value, token), rest))
    if not isinstance(value, dict):
        raise LookupError(token)
    return {name: item for name, item in value.items() if name != token}


def _replaced(value: JSON, token: str, new: JSON) -> JSON:
    if isinstance(value, dict):
        return {**value, token: new}
    assert isinstance(value, list)  # It has the item.
    position = int(token)
    return [*value[:position], new, *value[position + 1 :]]


def _item(value: JSON, token: str) -> JSON:
    if isinstance(value, dict):
        return value[token]
    is_position = token.isdecimal() and token.isascii() and str(int(token)) == token
    if isinstance(value, list) and is_position:
        return value[int(token)]
    raise LookupError(token)
