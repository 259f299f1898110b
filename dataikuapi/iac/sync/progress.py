"""Shows the progress of a sync, or of an apply."""

from collections.abc import Iterator
from contextlib import contextmanager

from dataikuapi.iac.sync.workers import ProgressCallback

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(
    progress: bool | ProgressCallback, what: str = "sync", unit: str = "call"
) -> Iterator[ProgressCallback | None]:
    """Yield the progress callback, or ``None``.

    Args:
        progress: a callable is used as it is; True shows a bar, in a terminal or in a
            notebook.
        what: the bar is labeled with.
        unit: of what is counted.
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield None
    else:
        from tqdm.auto import tqdm

        with tqdm(desc=what, unit=unit) as bar:

            def count(done: int, known: int) -> None:
                bar.total = known
                bar.update(done - bar.n)

            yield count
