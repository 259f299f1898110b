"""How do diffs look in a terminal?"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff

from dataikuapi.iac.models import ChangeType, ResourceDiff
from dataikuapi.iac.models.json_values import JSON, canonical_bytes

__all__ = ["render_text"]

_WIDTH = 110
"""Characters of one value; what is longer is cut, with a sign that it was."""


def render_text(diffs: Sequence[ResourceDiff], include_unchanged: bool = False) -> str:
    """Return what changed, an entry a resource, and the counts in the last line.

    Args:
        diffs: in the order in which they are to be shown.
        include_unchanged: list unchanged resources too.
    """
    lines = []
    for diff in diffs:
        changed = diff.change_type is not ChangeType.UNCHANGED
        if changed or include_unchanged or diff.is_recreated:
            lines.append(_printable(f"{diff}{_editor(diff)}"))
            lines.extend(f"    {_printable(line)}" for line in _attribute_lines(diff))
    if lines:
        lines.append("")
    lines.append(_counts(diffs))
    return "\n".join(lines)


def _counts(diffs: Sequence[ResourceDiff]) -> str:
    counts = Counter(diff.change_type for diff in diffs)
    told = [f"{counts[kind]} {kind.value}" for kind in ChangeType]
    changed = len(diffs) - counts[ChangeType.UNCHANGED]
    return ", ".join(told) if changed else f"No changes. {told[-1]}."


def _editor(diff: ResourceDiff) -> str:
    """Say who edited last, where DSS tells; who removed something it does not."""
    if diff.is_recreated and diff.new_resource is not None:
        when = diff.new_resource.metadata.created_at
        return f"  (deleted and created again on {when:%Y-%m-%d})"
    if diff.change_type not in (ChangeType.ADDED, ChangeType.MODIFIED):
        return ""
    login = diff.new_resource and diff.new_resource.metadata.last_modified_by
    return f"  (by {login})" if login else ""


def _attribute_lines(diff: ResourceDiff) -> Iterator[str]:
    if diff.attribute_diffs is None:
        return
    for name, value in diff.attribute_diffs["added"].items():
        yield f"+ {name}: {_short(value)}"
    for name, value in diff.attribute_diffs["removed"].items():
        yield f"- {name}: {_short(value)}"
    for name, change in diff.attribute_diffs["modified"].items():
        yield from _value_lines(name, change["old"], change["new"])


def _value_lines(path: str, old: JSON, new: JSON) -> Iterator[str]:
    """Go down to the values that differ, and show those."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _object_lines(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_lines(path, old, new)
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield f"~ {path}:"
        yield from _script_lines(old, new)
    else:
        yield f"~ {path}: {_short(old)} -> {_short(new)}"


def _script_lines(old: str, new: str) -> Iterator[str]:
    compared = unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    lines = [f"{line[0]} {line[1:]}" for line in list(compared)[2:] if line[0] in "+-"]
    yield from (f"    {line}" for line in lines or ["only line ends differ"])


def _object_lines(
    path: str, old: dict[str, JSON], new: dict[str, JSON]
) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        inner = f"{path}.{key}"
        if key not in old:
            yield f"+ {inner}: {_short(new[key])}"
        elif key not in new:
            yield f"- {inner}: {_short(old[key])}"
        elif canonical_bytes(old[key]) != canonical_bytes(new[key]):
            yield from _value_lines(inner, old[key], new[key])


def _list_lines(path: str, old: list[JSON], new: list[JSON]) -> Iterator[str]:
    """Align by content, so that one item put in front is one item added."""
    matcher = SequenceMatcher(
        None,
        [canonical_bytes(item) for item in old],
        [canonical_bytes(item) for item in new],
        autojunk=False,
    )
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(old_to - old_from, new_to - new_from)
        for step in range(paired):
            inner = f"{path}[{new_from + step}]"
            yield from _value_lines(inner, old[old_from + step], new[new_from + step])
        for index in range(old_from + paired, old_to):
            yield f"- {path}[{index}]: {_short(old[index])}"
        for index in range(new_from + paired, new_to):
            yield f"+ {path}[{index}]: {_short(new[index])}"


def _short(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _printable(line: str) -> str:
    """Return the line without what would steer the terminal."""
    return "".join(
        char if char.isprintable() or char == "\t" else ascii(char)[1:-1]
        for char in line
    )
