"""Decides by other members of the same object whether a value is a secret."""

import re
from collections.abc import Mapping

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.secrets.names import Meaning, meaning_of

__all__ = [
    "NAMES",
    "VALUES",
    "is_list_of_pairs",
    "is_special",
    "label_of",
    "special_members",
]


def _spellings(words: str) -> frozenset[str]:
    return frozenset(
        spelling
        for word in words.split()
        for spelling in (word, word.upper(), word[0].upper() + word[1:])
    )


NAMES = _spellings("""
    name key header from parameter param property variable id label title option k
    headerName keyName paramName parameterName propertyName variableName varName envVar
    argument optionName
    """)
"""Members that name the value beside them: ``{"name": "password", "value": "x"}``."""

VALUES = _spellings("""
    value defaultValue default_value default to val v currentValue headerValue
    initialValue optionValue paramValue stringValue string_value varValue
    variableValue
    """)
"""Members that are the value."""

_TYPES = _spellings("type paramType inputType format kind widget")
_SECRET_TYPES = frozenset("""
    apikey api_key bearer credential credentials password secret securestring sensitive
    """.split())
_FLAGS = _spellings("""
    confidential encrypted isConfidential isEncrypted isPassword isSecret isSensitive
    is_confidential is_encrypted is_password is_secret is_sensitive secret sensitive
    """)
_MAX_NAME = 80

_JWK = frozenset("d p q dp dq qi k oth".split())
"""Private members of a JSON Web Key (RFC 7518), which has a ``kty``."""

_PAIRS = re.compile(
    r"cookies|env(?:ironment)?$|headers|options|params|parameters|properties|query",
    re.IGNORECASE,
)

_LABELS = ("name", "id", "ref", "header", "from", "label", "key")


def is_special(value: Mapping[str, JSON]) -> bool:
    """Return whether :func:`special_members` of an object may have any."""
    return not VALUES.isdisjoint(value) or "kty" in value


def special_members(value: Mapping[str, JSON]) -> dict[str, Meaning]:
    """Return the members of an object that others mark as secrets."""
    special: dict[str, Meaning] = {}
    meaning = _meaning(value)
    if meaning is not Meaning.UNKNOWN:
        special.update(dict.fromkeys(VALUES.intersection(value), meaning))
    if "kty" in value:
        special.update(dict.fromkeys(_JWK.intersection(value), Meaning.SECRET))
    return special


def _meaning(value: Mapping[str, JSON]) -> Meaning:
    if any(value[flag] is True for flag in _FLAGS.intersection(value)):
        return Meaning.PASSWORD
    for key in _TYPES.intersection(value):
        if str(value[key]).lower() in _SECRET_TYPES:
            return Meaning.PASSWORD
    for key in sorted(NAMES.intersection(value)):
        name = value[key]
        if isinstance(name, str) and len(name) <= _MAX_NAME:
            meaning = meaning_of(name)
            if meaning.is_secret or meaning is Meaning.ADDRESS:
                return meaning
    return Meaning.UNKNOWN


def is_list_of_pairs(name: str) -> bool:
    """Return whether a list of this name may have items such as ``["Cookie", "x"]``."""
    return _PAIRS.search(name) is not None


def label_of(item: JSON) -> str:
    """Return what identifies an item of a list; an index would change too easily."""
    if isinstance(item, dict):
        for key in _LABELS:
            label = item.get(key)
            if isinstance(label, str):
                return f"[{label}]"
    return "[]"
