"""Runs the pages of the site, and writes what is printed into their transcripts.

Run it after a change of what commands print: python docs/make_transcripts.py [PAGE]...
"""

import sys
import tempfile
from pathlib import Path

from pages import page_files
from sessions import run_page

if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]) if sys.argv[1:] else page_files():
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder, "work")
            work.mkdir()
            page.write_text(run_page(page.read_text("utf-8"), work), "utf-8")
