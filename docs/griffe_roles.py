"""An extension of griffe: roles of Sphinx in docstrings become links or code."""

import re
from typing import Any

import griffe

import dataikuapi.iac

ROLE = re.compile(r":(?:class|meth|func|mod|attr|data|exc):`~?([\w.]+)(?:\(\))?`")
BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1 +.*\n|\n)+)", re.MULTILINE)

SEVERAL = re.compile(r"^( +)(\w+(?:, \w+)+): (\S.*)$", re.MULTILINE)
"""Arguments that are described together."""


class Roles(griffe.Extension):
    """Writes docstrings as the site needs them, which is Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """Return a docstring with its roles and blocks of code as Markdown."""
    text = BLOCK.sub(_fence, f"{text}\n")
    return ROLE.sub(_link, SEVERAL.sub(_each, text)).rstrip("\n")


def _each(found: re.Match[str]) -> str:
    indent, names, text = found.groups()
    return "\n".join(f"{indent}{name}: {text}" for name in names.split(", "))


def _link(found: re.Match[str]) -> str:
    name = found[1].removeprefix("dataikuapi.iac.")
    if name in dataikuapi.iac.__all__:
        return f"[`{name}`][dataikuapi.iac.{name}]"
    return f"`{name}`"


def _fence(found: re.Match[str]) -> str:
    indent, language, code = found.groups()
    own = min(len(x) - len(x.lstrip()) for x in code.splitlines() if x.strip())
    lines = [indent + line[own:] for line in code.rstrip("\n").splitlines()]
    body = "\n".join(line.rstrip() for line in lines)
    return f"{indent}```{language}\n{body}\n{indent}```\n"
