"""The files of a project in a revision of a git repository, without a checkout."""

import os
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dataikuapi.iac.exceptions import SourceError

__all__ = ["Git", "git_files", "repository_name"]

_FILE_MODES = ("100644", "100755", "100664")
"""Of regular files; the others are links and submodules."""

_NO_REPOSITORY = "not a git repository"
"""How git says that there is none."""


def git_files(
    revision: str, path: str = "", git_dir: Path | None = None
) -> dict[str, bytes]:
    """Return the files below a path in a revision.

    Args:
        revision: anything that git resolves to a commit or a tree.
        path: of the project's folder in the repository; "" for its root.
        git_dir: of the repository, which may be bare. Defaults to the one that the
            current folder is in.

    Raises:
        SourceError: if git is not installed, or there is no such repository, revision
            or path.
    """
    git = Git.in_repository(git_dir)
    ids = git.blob_ids(git.tree(revision, path))
    if not ids:
        raise SourceError(f"there are no files at {path or '/'} in revision {revision}")
    contents = git.blobs(list(dict.fromkeys(ids.values())))
    return {name: contents[blob] for name, blob in ids.items()}


def repository_name(git_dir: Path | None = None) -> str:
    """Return the name of a repository: that of its folder, without ``.git``.

    Args:
        git_dir: of the repository. Defaults to the one that the current folder is in.
    """
    if git_dir is None:
        output = Git().run("rev-parse", "--absolute-git-dir").rstrip(b"\n")
        git_dir = Path(output.decode("utf-8", "surrogateescape"))
    folder = git_dir.resolve()
    return (folder.parent if folder.name == ".git" else folder).name.removesuffix(
        ".git"
    )


class Git:
    """Runs commands of git.

    Args:
        options: of git itself, before the command.
    """

    def __init__(self, *options: str) -> None:
        self._command = ["git", *options]

    @classmethod
    def in_repository(cls, git_dir: Path | None) -> "Git":
        """Return it for a repository; ``None`` for that of the current folder."""
        if git_dir is None:
            return cls()
        folder = git_dir / ".git"
        return cls(f"--git-dir={folder if folder.exists() else git_dir}")

    def tree(self, revision: str, path: str) -> str:
        """Return the id of the tree at a path in a revision."""
        if not revision or revision.startswith("-"):
            raise SourceError(f"{revision!r} is not a revision of git")
        path = self._below_root(path)
        root = self.resolve(f"{revision}^{{tree}}")
        if root is None:
            raise SourceError(f"git has no revision {revision}")
        if not path:
            return root
        inside = self.resolve(f"{root}:{path}")
        if inside is None:
            raise SourceError(f"there is no {path} in revision {revision}")
        if self.run("cat-file", "-t", inside).strip() != b"tree":
            raise SourceError(f"{path} is not a folder in revision {revision}")
        return inside

    def _below_root(self, path: str) -> str:
        """Return a path, which may begin with a dot: at the current folder."""
        first, _, rest = path.strip("/").partition("/")
        if first != "." or path.startswith("/"):
            return path.strip("/")
        prefix = self.run("rev-parse", "--show-prefix").decode().strip()
        return f"{prefix}{rest}".strip("/")

    def blob_ids(self, tree: str) -> dict[str, str]:
        """Return the ids of the regular files in a tree, by path."""
        ids: dict[str, str] = {}
        for entry in self.run("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
            head, _, name = entry.partition(b"\t")
            mode, _, blob = head.decode().partition(" ")
            if mode in _FILE_MODES:
                ids[_decoded(name)] = blob.split(" ")[1]
        return ids

    def run(
        self, *arguments: str, given: bytes = b"", accepted: Collection[int] = (0,)
    ) -> bytes:
        """Run a command and return its output.

        Args:
            arguments: the command and its options.
            given: its input.
            accepted: exit codes that do not mean that it failed.

        Raises:
            SourceError: if it fails.
        """
        result = self._run(arguments, given)
        if result.returncode not in accepted:
            output = result.stderr or result.stdout  # Hooks may write to either.
            reason = output.decode("utf-8", "replace").strip()
            command = next(item for item in arguments if not item.startswith("-"))
            raise SourceError(f"git {command} failed: {reason}")
        return result.stdout

    def blobs(self, ids: list[str]) -> dict[str, bytes]:
        """Return the contents of blobs by id."""
        output = self.run("cat-file", "--batch", given="\n".join(ids).encode())
        return dict(_batch(output))

    def resolve(self, name: str) -> str | None:
        """Return the id of an object of git; ``None`` if there is none.

        Raises:
            SourceError: if git fails, such as where there is no repository.
        """
        arguments = ("rev-parse", "--verify", "--quiet", name)
        in_english = {**os.environ, "LC_ALL": "C"}  # One of its messages is recognized.
        result = self._run(arguments, b"", in_english)
        reason = result.stderr.decode("utf-8", "replace").strip()
        if _NO_REPOSITORY in reason:
            raise SourceError(f"{reason}; name another one with --git-dir")
        if reason:  # With --quiet, git says nothing of an object that is not there.
            raise SourceError(f"git rev-parse failed: {reason}")
        return result.stdout.decode().strip() or None

    def work_tree(self) -> Path:
        """Return the root of the work tree that the current folder is in."""
        output = self.run("rev-parse", "--show-toplevel").rstrip(b"\n")
        return Path(output.decode("utf-8", "surrogateescape"))

    def _run(
        self,
        arguments: tuple[str, ...],
        given: bytes,
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                [*self._command, *arguments],
                input=given,
                capture_output=True,
                check=False,
                env=environment,
            )
        except FileNotFoundError as error:
            raise SourceError("git is not installed, or not on the PATH") from error


def _batch(output: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the blobs in the output of ``git cat-file --batch``."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        blob, kind, *size = output[position:end].decode().split(" ")
        if kind == "missing":
            raise SourceError(
                f"git does not have the content of {blob}: the clone is shallow, "
                "partial or damaged; fetch it again"
            )
        start = end + 1
        position = start + int(size[0]) + 1  # A line break follows.
        yield blob, output[start : position - 1]


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"the name of a file is not UTF-8: {name!r}") from error
