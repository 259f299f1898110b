"""Describes an accepted change for whoever reviews the ignore rule that accepts it."""

import json

from dataikuapi.iac.analysis.summary import about
from dataikuapi.iac.analysis.weights import names_of, severity_of_change
from dataikuapi.iac.models import Change, ResourceDiff, ValueChangeType
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.secrets import mask_values, redact, redact_constant

__all__ = ["review_note"]

_MAX_VALUE = 80


def review_note(diff: ResourceDiff, change: Change | None) -> str:
    """Return old and new value in one line, without secrets.

    The line is meant to be committed. Text of scripts, which is not searched for
    secrets, is not in it.

    Args:
        diff: of the resource.
        change: one of its changes; ``None`` for the resource as a whole.
    """
    if change is None:
        facts = "; ".join(
            f"{label}: {', '.join(names)}" for label, names in about(diff)
        )
        return _short(f"{diff}  ({facts})" if facts else str(diff))
    if change.kind is ValueChangeType.MOVED:
        return str(change)
    is_code = severity_of_change(diff.resource_type, change) is Severity.CODE
    names = names_of(change)
    old, new = (
        _value(names[-1] if names else "", value, is_code)
        for value in (change.old, change.new)
    )
    if change.kind is ValueChangeType.MODIFIED:
        return f"{change}: {old} -> {new}"
    return f"{change}: {new if change.kind is ValueChangeType.ADDED else old}"


def _value(name: str, value: JSON, is_code: bool) -> str:
    if isinstance(value, str) and (is_code or "\n" in value):
        return f"text of {len(value):,} characters"
    # An earlier version of this library may have stored what this one redacts. Texts
    # that are not code have no secrets in a state, but may look as if they had.
    redacted = mask_values(redact({name: value}, redact_constant))
    shown = redacted[name] if isinstance(redacted, dict) else redacted
    if is_code and isinstance(shown, (dict, list)):
        return f"{len(shown):,} values"
    return _short(json.dumps(shown, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
