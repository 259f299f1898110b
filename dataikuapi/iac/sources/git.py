"""The files of a project in a revision of a git repository, without a checkout."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from dataikuapi.iac.exceptions import SourceError

__all__ = ["git_files"]

_FILE_MODES = ("100644", "100755", "100664")
"""Of regular files; the others are links and submodules."""


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
    git = _Git(git_dir)
    tree = git.tree(revision, path)
    ids: dict[str, str] = {}
    for entry in git.run("ls-tree", "-r", "-z", tree).split(b"\0"):
        head, _, name = entry.partition(b"\t")
        mode, _, blob = head.decode().partition(" ")
        if mode in _FILE_MODES:
            ids[_decoded(name)] = blob.split(" ")[1]
    if not ids:
        raise SourceError(f"there are no files at {path or '/'} in revision {revision}")
    contents = git.blobs(list(dict.fromkeys(ids.values())))
    return {name: contents[blob] for name, blob in ids.items()}


class _Git:
    def __init__(self, git_dir: Path | None) -> None:
        self._command = ["git"]
        if git_dir is not None:
            folder = git_dir / ".git"
            self._command.append(f"--git-dir={folder if folder.exists() else git_dir}")

    def tree(self, revision: str, path: str) -> str:
        """Return the id of the tree at a path in a revision."""
        if not revision or revision.startswith("-"):
            raise SourceError(f"{revision!r} is not a revision of git")
        path = path.strip("/")
        root = self._resolve(f"{revision}^{{tree}}")
        if root is None:
            raise SourceError(f"git has no revision {revision}")
        if not path:
            return root
        inside = self._resolve(f"{root}:{path}")
        if inside is None:
            raise SourceError(f"there is no {path} in revision {revision}")
        return inside

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Run a command of git and return its output.

        Raises:
            SourceError: if it fails.
        """
        result = self._run(arguments, given)
        if result.returncode:
            reason = result.stderr.decode("utf-8", "replace").strip()
            raise SourceError(f"git {arguments[0]} failed: {reason}")
        return result.stdout

    def blobs(self, ids: list[str]) -> dict[str, bytes]:
        """Return the contents of blobs by id."""
        output = self.run("cat-file", "--batch", given="\n".join(ids).encode())
        return dict(_batch(output))

    def _resolve(self, name: str) -> str | None:
        result = self._run(("rev-parse", "--verify", "--quiet", name), b"")
        if result.returncode == 128:
            reason = result.stderr.decode("utf-8", "replace").strip()
            if "not a git repository" in reason.lower():
                raise SourceError(f"{reason}; name another one with --git-dir")
        return result.stdout.decode().strip() or None

    def _run(
        self, arguments: tuple[str, ...], given: bytes
    ) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                [*self._command, *arguments],
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise SourceError("git is not installed, or not on the PATH") from error


def _batch(output: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the blobs in the output of ``git cat-file --batch``."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        blob, _, size = output[position:end].decode().split(" ")
        start = end + 1
        position = start + int(size) + 1  # A line break follows.
        yield blob, output[start : start + int(size)]


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"the name of a file is not UTF-8: {name!r}") from error
