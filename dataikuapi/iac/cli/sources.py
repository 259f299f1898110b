"""Opens what the arguments of a comparison name, with the options of the command."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dataikuapi.iac import Source, State
from dataikuapi.iac.cli.context import Settings, open_backend, open_manager
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.exceptions import (
    ConfigurationError,
    StateNotFoundError,
)
from dataikuapi.iac.live_ids import LiveIds, live_ids_of, with_code_ids
from dataikuapi.iac.plan.generator import covered_types
from dataikuapi.iac.project_keys import with_project_keys
from dataikuapi.iac.source_grammar import SourceOpener, read_instance, stored
from dataikuapi.iac.sources.opening import GIT_PREFIX

__all__ = [
    "FileOptions",
    "LoadedSource",
    "load_both",
    "load_pair",
    "open_word",
    "stored_ids",
    "stored_state",
    "with_one_key",
]


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
    they have in the first one. Where one is a project in files, the other one is that
    project alone, or the only one that it has, whose key the files take then.

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
    before, after = load_both(settings, old, new, options)
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


def load_both(
    settings: Settings, old: str, new: str | None, options: FileOptions
) -> tuple[LoadedSource, LoadedSource]:
    """Return both sides of a comparison.

    Beside a project in files, there is only that project of an environment, if it has
    it: whoever compares a folder does not ask for what else is in DSS.

    Args:
        settings: the options.
        old: see :func:`load_pair`.
        new: likewise.
        options: of projects in files.

    Raises:
        UsageError: if a word has two meanings.
        StateNotFoundError: if there is no such state.
        SourceError: if there is no such project.
    """
    sources = open_word(settings, old, options), open_word(settings, new, options)
    found = _read_files(sources)
    in_files = [state for state in found if state is not None]
    key = in_files[0].project_keys()[0] if len(in_files) == 1 else None
    before, after = (
        LoadedSource(each, each.read(key) if state is None else state)
        for each, state in zip(sources, found, strict=True)
    )
    if before.environment != after.environment:
        before, after = (_with_code_ids(settings, each) for each in (before, after))
    return before, after


def _read_files(sources: Sequence[Source]) -> list[State | None]:
    """Return what is in files of two sources; ``None`` for one that is not in files.

    Revisions are versions of one folder: a type that only one has is gone, or new, in
    the other. One of them alone does not say so, without the marker of a pull.
    """
    files = [each.files for each in sources]
    found = [None if each is None else each.read() for each in files]
    has_revision = any(each.word.startswith(GIT_PREFIX) for each in sources)
    if not has_revision or None in found:
        return found
    types = {name for state in found if state for name in covered_types(state)}
    return [
        (
            state
            if each is None or state is None or types <= {*covered_types(state)}
            else replace(each, managed_types=types).read()
        )
        for each, state in zip(files, found, strict=True)
    ]


def _with_code_ids(settings: Settings, side: LoadedSource) -> LoadedSource:
    """Return a side with the ids that all environments and the code share."""
    ids = None if side.environment is None else stored_ids(settings, side.environment)
    return replace(side, state=with_code_ids(side.state, ids))


def stored_ids(settings: Settings, environment: str | None = None) -> LiveIds:
    """Return the ids in DSS, by those in the code, that a stored state remembers.

    Args:
        settings: the options.
        environment: another one than they name.
    """
    return live_ids_of(stored_state(settings, environment))


def stored_state(settings: Settings, environment: str | None = None) -> State:
    """Return what is stored; an empty state if nothing is.

    Args:
        settings: the options.
        environment: another one than they name.
    """
    with suppress(StateNotFoundError):
        return open_backend(settings, environment).load()
    return State()


def open_word(settings: Settings, word: str | None, options: FileOptions) -> Source:
    """Return what a word names; ``None`` stands for the stored state.

    Raises:
        UsageError: if it is malformed, or has two meanings.
        StateNotFoundError: if it names neither an environment nor a file.
        SourceError: if there is no such project.
    """
    if word is None:
        return Source("the stored state", stored(open_backend(settings).load))
    opener = SourceOpener(
        settings.configuration,
        partial(open_backend, settings),
        partial(_read_live, settings),
        settings.environment,
    )
    try:
        return opener.open(
            word, project_key=options.project_key, git_dir=options.git_dir
        )
    except ConfigurationError:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from error


def _read_live(settings: Settings, name: str, project_key: str | None) -> State:
    selected = replace(settings, environment=name, state=None)
    configured = selected.selected.project_keys.values()
    return read_instance(open_manager(selected, ()), configured, project_key)


def _keys_between(settings: Settings, source: str, target: str) -> dict[str, str]:
    """Return the project keys of one environment, each with that in another one."""
    known = settings.configuration.environment(target).project_keys
    others = settings.configuration.environment(source).project_keys
    return {key: known[name] for name, key in others.items() if name in known}
