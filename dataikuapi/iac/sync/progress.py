"""Showing how far a sync has come."""

from collections.abc import Iterator
from contextlib import contextmanager

from dataikuapi.iac.sync.workers import ProgressCallback

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(
    progress: bool | ProgressCallback,
) -> Iterator[ProgressCallback | None]:
    """Give what is to be told of each call.

    Args:
        progress: a callable is told itself; True shows a bar, in a terminal as in a
            notebook.
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield None
    else:
        from tqdm.auto import tqdm

        with tqdm(desc="sync", unit="call") as bar:

            def count(done: int, known: int) -> None:
                bar.total = known
                bar.update(done - bar.n)

            yield count
