"""Open the backend that a location names."""

import re
from collections.abc import Callable
from pathlib import Path

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.local import LocalFileBackend

__all__ = ["open_backend"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

_PATH = ""

_BACKENDS: dict[str, Callable[[str], StateBackend]] = {_PATH: LocalFileBackend}
"""What opens a location, by its URL scheme; a path has none."""


def open_backend(url_or_path: str | Path) -> StateBackend:
    """Return the backend for the state at a location.

    Args:
        url_or_path: the path of a state file, e.g. ``.dataiku/state/dev.state.json``.

    Raises:
        ValueError: if it is a URL with an unsupported scheme.
    """
    location = str(url_or_path)
    match = _SCHEME.match(location)
    scheme = match[1].lower() if match else _PATH
    if scheme not in _BACKENDS:
        schemes = "".join(f", {name}://" for name in sorted(_BACKENDS) if name)
        raise ValueError(
            f"cannot open a state at {scheme}://: this scheme is not supported. "
            f"Supported are: the path of a file{schemes}"
        )
    return _BACKENDS[scheme](location)
