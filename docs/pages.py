"""The blocks of code on a page of the site, and how to replace one.

A comment before a block says what is special about it:

* ``<!-- not run: REASON -->``: the session of the page does not run it. If a test of
  its own does, the reason is ``tests/iac/test_X.py runs it``.
* ``<!-- output -->``: it is what the block of Python before it prints.

A comment ``<!-- run``, with Python on the lines up to ``-->``, is run but not shown: it
is what a reader's colleagues do meanwhile.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["DOCS", "Block", "block_with", "blocks_of", "page_files", "with_bodies"]

DOCS = Path(__file__).parent
BLOCK = re.compile(
    r"^(?P<indent> *)<!-- run\n(?P<hidden>.*?)^ *-->$"
    r"|(?:^ *<!-- (?P<note>not run: [^\n]+|output) -->\n+)?"
    r"^(?P<fenced> *)```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<body>.*?)^(?P=fenced)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Args:
        language: as the fence has it; ``hidden`` for what is run but not shown.
        body: the code, without indentation.
        title: the name of the file that it is, if any.
        note: what the comment before it says.
        indent: how far it is indented on the page.
        span: where the body is on the page.
        line: its number on the page.
    """

    language: str
    body: str
    title: str | None
    note: str
    indent: str
    span: tuple[int, int]
    line: int

    @property
    def reason_not_to_run(self) -> str | None:
        """Why it is not run; None if it is."""
        _, marked, reason = self.note.partition("not run: ")
        return reason if marked else None

    @property
    def is_output(self) -> bool:
        """Whether it is what the block before it prints."""
        return self.note == "output"


def page_files() -> list[Path]:
    """Return the pages that people write, and that may have code to be run."""
    pages = [
        *DOCS.glob("*.md"),
        *DOCS.glob("how-to/*.md"),
        *DOCS.glob("reference/*.md"),
    ]
    return [DOCS.parent / "README.md", *sorted(pages)]


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the blocks of a page, in order."""
    for found in BLOCK.finditer(text):
        shown = found["language"] is not None
        name = "body" if shown else "hidden"
        yield Block(
            language=found["language"] or "hidden",
            body=textwrap.dedent(found[name]),
            title=found["title"],
            note=found["note"] or "",
            indent=found["fenced"] if shown else found["indent"],
            span=found.span(name),
            line=text.count("\n", 0, found.start(name)),
        )


def block_with(page: str, text: str) -> Block:
    """Return the block of a page that has a text in it, for a test that runs it.

    Args:
        page: where it is in the repository.
        text: no other block of the page has it.

    Returns:
        The block, without a reason not to run it.
    """
    blocks = blocks_of((DOCS.parent / page).read_text("utf-8"))
    (found,) = [block for block in blocks if text in block.body]
    return replace(found, note="")


def with_bodies(text: str, bodies: Sequence[tuple[Block, str]]) -> str:
    """Return a page with other bodies of some of its blocks."""
    for block, body in sorted(bodies, key=lambda pair: pair[0].span, reverse=True):
        start, end = block.span
        text = text[:start] + textwrap.indent(body, block.indent) + text[end:]
    return text
