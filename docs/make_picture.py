"""Draws docs/assets/drift-report.svg: a drift report as a terminal shows it.

Run it after a change of what a drift report looks like: python docs/make_picture.py
"""

import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from pages import DOCS
from sessions import DSS, Session

PICTURE = DOCS / "assets" / "drift-report.svg"
COMMAND = "dataiku-iac drift"
# Without the fonts that rich names: a page loads nothing from elsewhere.
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<title>A drift report: what was removed, added and modified, by whom</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})"
  clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def report() -> str:
    """Return what the command prints in color, after edits of a colleague."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Session.start(Path(folder), DSS) as session,
    ):
        session.sync()
        session.edit()
        os.environ["FORCE_COLOR"] = "1"
        return session.command(COMMAND)[1]


def draw(text: str) -> str:
    """Return what a terminal shows of a text, as SVG."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=84, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(f"$ {COMMAND}\n{text.rstrip()}"))
        picture = console.export_svg(title="", code_format=FORMAT, unique_id="iac")
    return "".join(f"{line.rstrip()}\n" for line in picture.splitlines())


if __name__ == "__main__":
    PICTURE.write_text(draw(report()), "utf-8")
