"""Suggests what somebody meant who misspelled a name."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["closest", "did_you_mean"]


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like another, if one is; case does not matter."""
    by_folded = {item.casefold(): item for item in known}
    close = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that suggests the known name most like another, or "".

    Args:
        name: what was asked for. Case does not matter.
        known: the names that exist.

    Returns:
        E.g. `` Did you mean SHOP?``, to be appended to a sentence.
    """
    meant = closest(name, known)
    return f" Did you mean {meant}?" if meant else ""
