"""Opens what the arguments of a comparison name, with the options of the command."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dataikuapi.iac import Source, State
from dataikuapi.iac.cli.context import Settings, open_backend, open_manager
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.editing import with_project_keys
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.source_grammar import SourceOpener

__all__ = ["FileOptions", "LoadedSource", "load_pair", "load_source", "with_one_key"]


@dataclass(frozen=True)
class FileOptions:
    """Options for projects in files.

    Args:
        project_key: where the files do not say it.
        git_dir: the repository of revisions.
    """

    project_key: str | None = None
    git_dir: Path | None = None


@dataclass(frozen=True)
class LoadedSource:
    """One side of a comparison.

    Args:
        source: what was named.
        state: what it says.
    """

    source: Source
    state: State

    @property
    def environment(self) -> str | None:
        """The environment whose state or instance it is, if it is one's."""
        return self.source.environment


def load_pair(
    settings: Settings, old: str, new: str | None, options: FileOptions
) -> tuple[State, State]:
    """Return the two states of a comparison.

    Where both are of environments, the projects of the second one bear the keys that
    they have in the first one. Where one is a project in files, its key is that of the
    other side, if that has one project.

    Args:
        settings: the options.
        old: a serial, the name of an environment, a path, or another source.
        new: likewise; ``None`` for the stored state.
        options: of projects in files.

    Raises:
        UsageError: if a word has two meanings.
        StateNotFoundError: if there is no such state.
        SourceError: if there is no such project.
    """
    before = load_source(settings, old, options)
    if new is None:
        stored = Source("the stored state", open_backend(settings).load)
        after = LoadedSource(stored, stored.read())
    else:
        after = load_source(settings, new, options)
    if before.environment is not None and after.environment is not None:
        keys = _keys_between(settings, after.environment, before.environment)
        return before.state, with_project_keys(after.state, keys)
    return with_one_key(before, after)


def with_one_key(before: LoadedSource, after: LoadedSource) -> tuple[State, State]:
    """Return both states, with a project in files under the key of the other side."""
    old, new = before.state.project_keys(), after.state.project_keys()
    is_free = before.source.is_project or after.source.is_project
    if not is_free or len(old) != 1 or len(new) != 1:
        return before.state, after.state
    if after.source.is_project:
        return before.state, with_project_keys(after.state, {new[0]: old[0]})
    return with_project_keys(before.state, {old[0]: new[0]}), after.state


def load_source(settings: Settings, word: str, options: FileOptions) -> LoadedSource:
    """Return what one argument of a comparison names.

    Args:
        settings: the options.
        word: see :func:`load_pair`.
        options: of projects in files.

    Raises:
        UsageError: if the word has two meanings.
        StateNotFoundError: if there is no such state.
        SourceError: if there is no such project.
    """
    opener = SourceOpener(
        settings.configuration,
        partial(open_backend, settings),
        partial(_read_live, settings),
    )
    try:
        source = opener.open(
            word, project_key=options.project_key, git_dir=options.git_dir
        )
    except ConfigurationError:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from error
    return LoadedSource(source, source.read())


def _read_live(settings: Settings, name: str) -> State:
    """Read the instance of an environment: the projects that are configured, or all."""
    selected = replace(settings, environment=name, state_file=None)
    keys = list(selected.selected.project_keys.values())
    return open_manager(selected, ()).sync_all(keys or None)


def _keys_between(settings: Settings, source: str, target: str) -> dict[str, str]:
    """Return the project keys of one environment, each with that in another one."""
    known = settings.configuration.environment(target).project_keys
    others = settings.configuration.environment(source).project_keys
    return {key: known[name] for name, key in others.items() if name in known}
