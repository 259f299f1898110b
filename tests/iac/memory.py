"""The example of a backend in CONTRIBUTING.md, executed from there."""

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "CONTRIBUTING.md"


def _example():
    (code,) = re.findall(
        r"```python\n(from datetime.*?)```", GUIDE.read_text("utf-8"), re.DOTALL
    )
    names = {"__name__": "example"}
    exec(compile(code, str(GUIDE), "exec"), names)
    return names


MemoryStore, MemoryBackend = map(_example().get, ("MemoryStore", "MemoryBackend"))
