"""Makes the table and the sections of the page of resource types, from the registry.

They are put into the page when the site is built. ``python docs/make_types.py`` prints
them.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping

from dataikuapi.iac.types import TYPES, ResourceType
from dataikuapi.iac.types.base import Identity
from dataikuapi.iac.types.cleaning import ANY, PAGE_STATE, VOLATILE_IN_ALL, Kept
from dataikuapi.iac.types.writing import NO_WRITER, Writing

HEAD = """| type | id | read by default | requests for a project | planned |
|---|---|---|---|---|
"""

IN_ALL = """
## What is ignored in all types

"""

IDS = {
    Identity.PROJECT: "{type}.SHOP",
    Identity.SINGLETON: "{type}.SHOP",
    Identity.NAME: "{type}.SHOP.name",
    Identity.GENERATED: "{type}.SHOP.id",
    Identity.PATH: "{type}.SHOP.path/of/file",
}


def page() -> str:
    """Return what of the page is made from the registry."""
    rows = "".join(f"{_row(kind)}\n" for kind in TYPES.values())
    ignored = [*_ignored(VOLATILE_IN_ALL), *_ignored_anywhere(PAGE_STATE)]
    everywhere = "".join(f"{line}\n" for line in ignored)
    sections = "\n".join("\n".join(_section(kind)) for kind in TYPES.values())
    return f"{HEAD}{rows}{IN_ALL}{everywhere}\n{sections}\n"


def _id_of(kind: ResourceType) -> str:
    shown = IDS[kind.identity].format(type=kind.name)
    return shown.replace(".SHOP", ".@instance") if kind.is_on_instance else shown


def _row(kind: ResourceType) -> str:
    if kind.is_on_instance:
        default = "with `--instance`"
    else:
        default = "yes" if kind.is_watched_by_default else "no"
    requests = "of the instance: " * kind.is_on_instance + kind.requests
    return (
        f"| [`{kind.name}`](#{kind.name}) | `{_id_of(kind)}` | {default} | {requests} "
        f"| {_planned(kind)} |"
    )


def _planned(kind: ResourceType) -> str:
    """Return what a plan does with objects of the type."""
    writing = kind.writing
    if writing.writer is None:
        return "nothing"
    words = {
        "create": not writing.uncreatable,
        "update": True,
        "delete": not writing.undeletable,
    }
    return ", ".join(word for word, is_planned in words.items() if is_planned)


def _section(kind: ResourceType) -> Iterator[str]:
    yield f"## {kind.name}"
    yield ""
    doc = (type(kind).__doc__ or "").strip()
    yield " ".join(line.strip() for line in doc.splitlines() if line.strip())
    yield ""
    for path in kind.responses:
        yield f"- Read from `{path}`."
    for name in kind.privileged:
        yield f"- `{name}` takes more permissions; without them it is unknown."
    for name in sorted(kind.unknown_if_missing):
        yield f"- `{name}` is unknown, not empty, where it is missing."
    yield from _ignored(kind.volatile)
    own = kind.volatile_anywhere.keys() - PAGE_STATE.keys()
    yield from _ignored_anywhere({x: kind.volatile_anywhere[x] for x in sorted(own)})
    for member, kept in kind.kept.items():
        yield from _others(member, kept)
    if kind.defaults:
        names = _names((name,) for name in kind.defaults)
        yield f"- Missing is the same as the default: {names}."
    if kind.constants:
        yield f"- Missing is the same as what upgrades add: {_names(kind.constants)}."
    if kind.sets:
        yield f"- Order means nothing: {_names(kind.sets)}."
    if kind.code:
        yield f"- Code, not searched for secrets: {_names(sorted(kind.code))}."
    if kind.hooks:
        yield f"- Masked in a URL from the host on: {_names(sorted(kind.hooks))}."
    yield from _written(kind.writing)
    yield ""


def _written(writing: Writing) -> Iterator[str]:
    """Yield what a plan does not do with objects of a type, and what comes with it."""
    if writing.writer is None:
        yield f"- Never planned: {NO_WRITER}."
        return
    if writing.uncreatable:
        yield f"- Never created by a plan: {writing.uncreatable}."
    if writing.undeletable:
        yield f"- Never deleted by a plan: {writing.undeletable}."
    for name, why in writing.by_dss.items():
        yield f"- `{name}` is neither created alone nor deleted by a plan: {why}."
    if writing.takes_recipes:
        yield "- DSS deletes the recipes that use an object with it."
    if writing.contents_after_delete:
        yield f"- After a delete, {writing.contents_after_delete}."
    for path in sorted(writing.from_live):
        yield f"- Stays as DSS has it: `{'.'.join(path)}`."
    for path, reason in writing.unchangeable.items():
        yield f"- Never changed by a plan: `{'.'.join(path)}`: {reason}."
    if writing.writer.effect:
        yield f"- After a change, {writing.writer.effect}."


def _ignored_anywhere(names: Mapping[str, str]) -> Iterator[str]:
    for name, reason in names.items():
        yield f"- Ignored at any depth: `{name}`: {reason}."


def _ignored(volatile: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    for path, reason in volatile.items():
        yield f"- Ignored: `{'.'.join(path)}`: {reason}."


def _others(path: tuple[str, ...], kept: Kept) -> Iterator[str]:
    """Yield why members of an object are ignored, and last why the rest is."""
    reasons = dict(kept.others)
    rest = reasons.pop(ANY)
    yield from _ignored({(*path, name): reason for name, reason in reasons.items()})
    whole = f"`{'.'.join(path)}`" if path else "the document"
    names = _names((name,) for name in kept.names)
    yield f"- Of {whole} all but {names} is ignored: {rest}."


def _names(paths: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(f"`{'.'.join(path)}`" for path in paths)


if __name__ == "__main__":
    sys.stdout.write(page())
