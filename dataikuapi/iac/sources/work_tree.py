"""A folder in the work tree of a git repository: what is committed, and commits."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.sources.git import Git

__all__ = ["WorkTree"]


class WorkTree:
    """A folder, which need not exist yet, in the work tree of a repository.

    Paths are relative to the folder, with forward slashes.

    Args:
        root: of the work tree.
        prefix: of the folder below it; empty, or with a slash at its end.
    """

    def __init__(self, root: Path, prefix: str) -> None:
        self._root = root
        self._prefix = prefix
        self._git = Git("-C", str(root))

    @classmethod
    def around(cls, folder: Path) -> "WorkTree | None":
        """Return that of a folder; ``None`` if git knows of none."""
        try:
            return cls.required(folder)
        except SourceError:
            return None

    @classmethod
    def required(cls, folder: Path) -> "WorkTree":
        """Return that of a folder.

        Raises:
            SourceError: if it is in none, git is not installed, or git fails; the
                message has the reason.
        """
        folder = folder.resolve()
        existing = next(path for path in (folder, *folder.parents) if path.is_dir())
        root = Git("-C", str(existing)).work_tree().resolve()
        inside = folder.relative_to(root).as_posix()
        return cls(root, "" if inside == "." else f"{inside}/")

    def committed(self) -> dict[str, str]:
        """Return the ids of the files of the last commit, by path."""
        tree = self._git.resolve(f"HEAD:{self._prefix}")
        return {} if tree is None else self._git.blob_ids(tree)

    def unchanged(self, committed: dict[str, str]) -> frozenset[str]:
        """Return the paths at which the work tree has what was committed.

        Args:
            committed: as :meth:`committed` returns it.
        """
        folder = self._root / self._prefix
        # git takes one path a line.
        paths = [p for p in committed if (folder / p).is_file() and "\n" not in p]
        given = "\n".join(f"{self._prefix}{path}" for path in paths).encode()
        output = self._git.run("hash-object", "--stdin-paths", given=given)
        found = zip(paths, output.decode().split(), strict=True)
        return frozenset(path for path, blob in found if blob == committed[path])

    def require_ready(self) -> None:
        """Check that a commit of some paths is possible.

        Raises:
            SourceError: if git does not know who commits, or a merge is not finished.
        """
        self._git.run("var", "GIT_COMMITTER_IDENT")
        if self._git.resolve("MERGE_HEAD") is not None:
            raise SourceError(
                f"a merge in {self._root} is not finished: commit or abort it first"
            )

    def commit(self, paths: Iterable[str], message: str) -> bool:
        """Commit what is at these paths now, and nothing else.

        Args:
            paths: of files that were written or removed; what git ignores is left out.
            message: of the commit.

        Returns:
            Whether there was anything to commit.

        Raises:
            SourceError: if git refuses.
        """
        given = self._stage({f"{self._prefix}{path}" for path in paths})
        if not given:
            return False
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "message")
            file.write_text(message, "utf-8", newline="\n")
            options = ("--quiet", "--cleanup=whitespace", "--only", "-F", str(file))
            self._git.run(
                "--literal-pathspecs", "commit", *options, *_FROM_INPUT, given=given
            )
        return True

    def _stage(self, paths: set[str]) -> bytes:
        """Add paths to the index; return those that differ from the last commit."""
        index = set(_split(self._git.run("ls-files", "-z")))
        ignored = self._git.run(
            "check-ignore", "-z", "--stdin", given=_joined(paths), accepted=(0, 1)
        )
        there = {path for path in paths if (self._root / path).is_file()}
        added = (paths & index) | (there - set(_split(ignored)))
        if not added:
            return b""
        self._git.run("--literal-pathspecs", "add", *_FROM_INPUT, given=_joined(added))
        staged = _split(
            self._git.run("diff", "--cached", "--no-renames", "--name-only", "-z")
        )
        return _joined(added.intersection(staged))


_FROM_INPUT = ("--pathspec-from-file=-", "--pathspec-file-nul")


def _joined(paths: Iterable[str]) -> bytes:
    return "\0".join(sorted(paths)).encode("utf-8", "surrogateescape")


def _split(output: bytes) -> list[str]:
    names = output.decode("utf-8", "surrogateescape").split("\0")
    return [name for name in names if name]
