"""The one grammar for what holds configuration: files, stored states, instances."""

import os
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.registry import open_backend
from dataikuapi.iac.editing import only_project
from dataikuapi.iac.exceptions import (
    ConfigurationError,
    DataikuIaCError,
    SourceError,
    StateNotFoundError,
)
from dataikuapi.iac.manager import StateManager
from dataikuapi.iac.models import State
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.stored_version import parse_serial
from dataikuapi.iac.models.urls import scheme_of, shown_location
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.sources.opening import GIT_PREFIX, ProjectSource
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.types.registry import PROJECT

if TYPE_CHECKING:
    from dataikuapi.iac.config import Configuration

__all__ = ["Source", "SourceOpener", "open_source", "read_instance", "stored"]

_PREFIXED = re.compile(r"(version|env|live):(.*)", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """Something that holds configuration, of which nothing has been read yet.

    Args:
        word: what was asked for.
        load: reads one project, if it has that; else, or for ``None``, everything.
        environment: whose state or instance it is, if it is an environment's.
        files: of the project, if it is one project in files.
    """

    word: str
    load: Callable[[str | None], State] = field(repr=False)
    environment: str | None = None
    files: ProjectSource | None = field(default=None, repr=False)

    @property
    def is_project(self) -> bool:
        """Whether it is one project in files, whose key may be replaced."""
        return self.files is not None

    def read(self, project_key: str | None = None) -> State:
        """Return what it says.

        Args:
            project_key: in the code, of the only project to read, if there is that
                project. Defaults to all that there is.

        Raises:
            SourceError: if a file is not what DSS writes; the message names it.
            StateNotFoundError: if there is no such state.
            StateCorruptedError: if it is not a valid one.
            DSSError: if it is an instance that could not be read. What could not be
                of it is in the state's ``unknown``.
        """
        return self.load(project_key)


@dataclass(frozen=True)
class SourceOpener:
    """Finds what the words of the grammar name.

    Args:
        configuration: has the environments, and the folders of projects.
        open_backend: returns the backend of an environment; with ``None``, of the one
            that stored versions belong to.
        read_live: reads the instance of an environment: one project, or all.
        environment: the one that was asked for. Where none is configured, it is the
            only one.
    """

    configuration: "Configuration"
    open_backend: Callable[[str | None], StateBackend]
    read_live: Callable[[str, str | None], State]
    environment: str | None = None

    def open(
        self,
        word: str,
        *,
        project_key: str | None = None,
        git_dir: Path | None = None,
    ) -> Source:
        """Return what a word names; see :func:`open_source`."""
        if not word.strip() or "\0" in word:
            raise ValueError(f"{word!r} is not the path of a file")
        match = _PREFIXED.fullmatch(word)
        if word.isdecimal() or (match and match[1] == "version"):
            serial = parse_serial(match[2] if match else word)
            return Source(
                word, stored(lambda: self.open_backend(None).load_version(serial))
            )
        if match:
            return self._of_environment(word, match[1], check_environment(match[2]))
        if word.startswith(GIT_PREFIX):
            return self._project(word, project_key, git_dir)
        if scheme_of(word):
            return Source(shown_location(word), stored(open_backend(word).load))
        is_file, is_environment = os.path.lexists(word), self._is_environment(word)
        if is_file and is_environment:
            raise ValueError(
                f"{word} is an environment and a file: write env:{word} or ./{word}"
            )
        if is_environment:
            return self._of_environment(word, "env", word)
        if not is_file and not _is_path(word):
            known = ", ".join(self.configuration.environments) or "none configured"
            raise StateNotFoundError(
                f"no environment and no file {word!r}; environments: {known}"
            )
        path = Path(word)
        if path.is_dir() or path.suffix == ".zip" or _is_missing_folder(path):
            return self._project(word, project_key, git_dir)
        return Source(word, stored(lambda: open_backend(path).load()))

    def _of_environment(self, word: str, prefix: str, name: str) -> Source:
        if prefix == "live":
            self._require_configured(name)

        def load(project_key: str | None) -> State:
            keys = self.configuration.environment(name).project_keys
            key = keys.get(project_key, project_key) if project_key else None
            if prefix == "live":
                return self.read_live(name, key)
            return stored(self.open_backend(name).load)(key)

        return Source(word, load, name)

    def _require_configured(self, name: str) -> None:
        """Refuse to read one instance under any name."""
        if self.configuration.environments:
            return
        selected = self.configuration.select(self.environment).name
        if name != selected:
            raise ConfigurationError(
                f"no environment {name!r}: dataiku-iac.yaml has none, so there is only "
                f"{selected}"
            )

    def _project(self, word: str, key: str | None, git_dir: Path | None) -> Source:
        files = open_files(
            word,
            project_key=self._configured_key(word),
            default_key=key,
            git_dir=git_dir,
            managed_types=self.configuration.manage.types,
        )
        if key is not None and files.project_key != key:
            raise SourceError(
                f"{word} is project {files.project_key}, not {key}: its files or "
                "dataiku-iac.yaml say so"
            )
        return Source(word, lambda _: files.read(), files=files)

    def _configured_key(self, word: str) -> str | None:
        """Return the key that the configuration has for a folder."""
        if word.startswith(GIT_PREFIX):
            return None
        path = Path(word).resolve()
        folders = self.configuration.sources.items()
        return next((key for key, folder in folders if folder.resolve() == path), None)

    def _is_environment(self, word: str) -> bool:
        """Return whether a word is the name of an environment that has a state."""
        if _is_path(word):
            return False
        if self.configuration.environments:
            return word in self.configuration.environments
        try:
            return self.open_backend(check_environment(word)).exists()
        except ValueError:
            return False


def open_source(
    word: str,
    *,
    environment: str | None = None,
    config_file: str | Path | None = None,
    project_key: str | None = None,
    git_dir: Path | None = None,
) -> Source:
    """Return something that holds configuration, by the grammar of all commands.

    Args:
        word: the path of a folder or zip archive of a project; the path or URL of a
            state; ``git:REV[:PATH]`` for a revision of a folder; ``version:SERIAL`` or
            a number for a stored version; ``env:NAME`` for the stored state of an
            environment; ``live:NAME`` for its instance. A bare word is an environment,
            then a path.
        environment: the one that stored versions belong to. Defaults to
            ``DATAIKU_ENVIRONMENT``, or ``dev``.
        config_file: Defaults to the nearest ``dataiku-iac.yaml``, if there is one.
        project_key: of a project in files that do not say it. Defaults to the name of
            the folder in capitals.
        git_dir: the repository of revisions, which may be bare. Defaults to that of the
            current folder.

    Raises:
        ValueError: if the word is malformed, or has two meanings.
        ConfigurationError: if the configuration file is not valid, or does not have the
            environment; or if a URL has an unsupported scheme.
        StateNotFoundError: if it is neither an environment nor a path.
        SourceError: if there is no such project, or it has another key.

    Example:
        .. code-block:: python

            old, new = open_source("git:main:SHOP"), open_source("live:dev")
            DiffEngine().diff(old.read(), new.read())
    """
    # Costly to import, and not needed to work with states.
    from dataikuapi.iac.config import load_config

    configuration = load_config(config_file)

    def backend_of(name: str | None) -> StateBackend:
        selected = configuration.environment(name) if name else None
        return open_backend((selected or configuration.select(environment)).state)

    def read_live(name: str, key: str | None) -> State:
        manager = StateManager.from_config(name, config_file=config_file)
        configured = configuration.environment(name).project_keys.values()
        return read_instance(manager, configured, key)

    opener = SourceOpener(configuration, backend_of, read_live, environment)
    return opener.open(word, project_key=project_key, git_dir=git_dir)


def stored(load: Callable[[], State]) -> Callable[[str | None], State]:
    """Return a function that returns one project of a stored state, or all of it."""

    def load_project(project_key: str | None) -> State:
        return load() if project_key is None else only_project(load(), project_key)

    return load_project


def read_instance(
    manager: StateManager, configured: Collection[str], project_key: str | None
) -> State:
    """Read projects of an instance.

    Args:
        manager: of its environment.
        configured: keys of the projects of the environment; empty for all.
        project_key: of the only one to read, if it is one of them.
    """
    keys = list(configured)
    if project_key is not None and project_key in (keys or _listed(manager)):
        keys = [project_key]
    return manager.sync_all(keys or None, on_error="keep")


def _listed(manager: StateManager) -> Collection[str]:
    """Return the keys of the projects; none if they cannot be listed.

    What is wrong then, shows when they are read.
    """
    with suppress(DataikuIaCError), translate_errors(manager.client, None):
        return PROJECT.list_projects(manager.client)
    return ()


def _is_path(word: str) -> bool:
    return "/" in word or "\\" in word or word.endswith((".json", "."))


def _is_missing_folder(path: Path) -> bool:
    """Return whether there is nothing, and it would not be a state file."""
    return not os.path.lexists(path) and path.suffix != ".json"
