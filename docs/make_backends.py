"""Writes the table of what storages promise into docs/backends.md.

It is generated from what the backends declare. Run this after a change of that, or of
the registry: python docs/make_backends.py
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from dataikuapi.iac.backends import StateBackend, open_backend
from dataikuapi.iac.models import capabilities
from dataikuapi.iac.models.capabilities import Capability

PAGE = Path(__file__).parent / "backends.md"

BEGIN = "<!-- made by docs/make_backends.py -->\n"
END = "<!-- end of what docs/make_backends.py makes -->\n"

HTTP = "https://states.example/dev"
LOCKED = {
    "lock_address": f"{HTTP}/lock",
    "journal_address": f"{HTTP}/journal",
    "journal_lock_address": f"{HTTP}/journal/lock",
}

LOCATIONS: dict[str, tuple[str, dict[str, str]]] = {
    "a path": (".dataiku/state/dev.state.json", {}),
    "`s3://`, `gs://`, `az://`": ("s3://bucket/dev.state.json", {}),
    "`postgresql://`": ("postgresql://db.example/iac", {}),
    "`https://` with `lock_address`, `journal_address`": (HTTP, LOCKED),
    "`https://` without": (HTTP, {}),
}
"""Where a state of each kind is, and options, by what its column is called."""


def page() -> str:
    """Return the page, with the table as it is to be."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}{table()}{END}{after}"


def table() -> str:
    """Return the table: a row for each capability, a column for each storage."""
    backends = {
        name: open_backend(where, **options)
        for name, (where, options) in LOCATIONS.items()
    }
    rows = [
        ["", *backends],
        ["---"] * (len(backends) + 1),
        *(
            [f"**{each.value}**: {text}", *_cells(each, [*backends.values()])]
            for each, text in _descriptions()
        ),
        [
            "after its holder died, a lock is free",
            *(_freed_after(backend) for backend in backends.values()),
        ],
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(capability: Capability, backends: list[StateBackend]) -> list[str]:
    return ["yes" if capability in each.capabilities else "no" for each in backends]


def _freed_after(backend: StateBackend) -> str:
    if Capability.LOCK not in backend.capabilities:
        return "it has none"
    seconds = backend.lock_freed_after
    if seconds is None:
        return "when somebody releases it"
    return f"after {seconds:g} seconds" if seconds else "at once"


def _descriptions() -> Iterator[tuple[Capability, str]]:
    """Yield each capability with the words below it in its module."""
    tree = ast.parse(Path(capabilities.__file__).read_text("utf-8"))
    (kind,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    for member, words in zip(kind.body, kind.body[1:], strict=False):
        if isinstance(member, ast.Assign) and isinstance(words, ast.Expr):
            text = ast.literal_eval(words.value).replace("``", "`")
            (target,) = member.targets
            yield Capability[ast.unparse(target)], " ".join(text.split()).rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
