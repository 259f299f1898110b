"""Open the backend that a location names."""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models.urls import scheme_of

__all__ = ["open_backend"]

_PATH = ""
"""What a path has for a scheme."""


class _Opener(NamedTuple):
    """What opens a location.

    Args:
        module: has the class; it is imported when it is needed.
        name: of the class, which takes the location and options.
        driver: the package that it imports; "" for none beyond those of the core.
        extra: of this distribution, that installs the driver.
    """

    module: str
    name: str
    driver: str = ""
    extra: str = ""


_POSTGRES = _Opener(
    "dataikuapi.iac.backends.postgres", "PostgresBackend", "psycopg", "postgres"
)

_OBJECTS = _Opener(
    "dataikuapi.iac.backends.objects", "ObjectStorageBackend", "obstore", "objects"
)

_BACKENDS: dict[str, _Opener] = {
    _PATH: _Opener("dataikuapi.iac.backends.local", "LocalFileBackend"),
    "http": _Opener("dataikuapi.iac.backends.http", "HttpBackend"),
    "https": _Opener("dataikuapi.iac.backends.http", "HttpBackend"),
    "postgres": _POSTGRES,
    "postgresql": _POSTGRES,
    "az": _OBJECTS,
    "gs": _OBJECTS,
    "s3": _OBJECTS,
}
"""What opens a location, by its URL scheme; a path has none."""


def open_backend(url_or_path: str | Path, **options: Any) -> StateBackend:
    """Return the backend for the state at a location.

    Nothing is connected to before the first call.

    Args:
        url_or_path: the path of a state file, e.g. ``.dataiku/state/dev.state.json``,
            or a URL.
        options: of the class that the location selects.

    Raises:
        ConfigurationError: if it is a URL with an unsupported scheme, or one that needs
            a package that is not installed; a ValueError.
    """
    location = str(url_or_path)
    scheme = scheme_of(location)
    opener = _BACKENDS.get(scheme)
    if opener is None:
        schemes = "".join(f", {name}://" for name in sorted(_BACKENDS) if name)
        raise ConfigurationError(
            f"cannot open a state at {scheme}://: this scheme is not supported. "
            f"Supported are: the path of a file{schemes}"
        )
    try:
        module = import_module(opener.module)
    except ImportError as error:
        if not opener.driver:
            raise
        raise ConfigurationError(
            f"a state at {scheme}:// needs {opener.driver}, which cannot be imported "
            f"({error}): pip install 'dataiku-iac[{opener.extra}]'"
        ) from error
    backend = getattr(module, opener.name)
    return cast(StateBackend, backend(location, **options))
