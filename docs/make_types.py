"""Writes docs/types.md: what is read of each type, what is ignored, and why.

Run it after a change of a type: python docs/make_types.py
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dataikuapi.iac.types import TYPES, ResourceType
from dataikuapi.iac.types.base import Identity
from dataikuapi.iac.types.cleaning import ANY, PAGE_STATE, VOLATILE_IN_ALL, Kept

PAGE = Path(__file__).parent / "types.md"

HEAD = """# Resource types

This page is generated from the registry of types: `python docs/make_types.py`.

A type that is not read by default is read if the configuration or `--type` names it.
N is the number of objects of the type.

| type | id | read by default | requests for a project |
|---|---|---|---|
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
    """Return the page."""
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
        f"| [`{kind.name}`](#{kind.name}) | `{_id_of(kind)}` | {default} | {requests} |"
    )


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
    for path, kept in kind.kept.items():
        yield from _others(path, kept)
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
    yield ""


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
    PAGE.write_text(page(), "utf-8")
