"""Check all that the manifests of a state lead to."""

from collections.abc import Iterable

from dataikuapi.iac.backends.blob_store import BlobStore
from dataikuapi.iac.backends.part_store import PartStore
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
)
from dataikuapi.iac.statefile.manifest import Manifest
from dataikuapi.iac.statefile.part_files import part_problems

__all__ = ["find_problems"]


def find_problems(
    store: BlobStore, parts: PartStore, names: Iterable[str]
) -> list[str]:
    """Return what is wrong with a state and its copies, one sentence each.

    Args:
        store: holds the state.
        parts: of the state.
        names: of the manifests.
    """
    found: list[str] = []
    checked: set[str] = set()
    for name in names:
        where = store.location(name)
        try:
            manifest = Manifest.from_bytes(store.read(name).data)
            entries = parts.entries(manifest)
        except StateNotFoundError:
            continue  # Pruned in the meantime.
        except (StateCorruptedError, StateReadError) as error:
            found.append(f"{where}: {error}")
            continue
        for key, part in entries.items():
            if part not in checked:
                checked.add(part)
                problems = _part_problems(parts, manifest, key, part)
                found += [f"{where}: {problem}" for problem in problems]
    return found


def _part_problems(
    parts: PartStore, manifest: Manifest, project_key: str, name: str
) -> list[str]:
    try:
        (file,) = parts.files({project_key: name})
    except (StateCorruptedError, StateReadError) as error:
        return [str(error)]
    return [
        f"{file.location} has this: {problem}"
        for problem in part_problems(manifest.head, project_key, file.data)
    ]
