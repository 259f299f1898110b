"""Objects about one dataset: deleted with it, and following its renames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.dataset import DATASET

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project


@dataclass(frozen=True, eq=False)
class OfDatasetKind(Kind):
    """A kind whose documents name a dataset.

    Args:
        dataset_at: where in a document the dataset is named, by its name or by its
            smart name.
    """

    dataset_at: tuple[str, ...] = ()

    def dataset_of(self, document: Document) -> Any:
        """Return the dataset that a document names; None where it names none."""
        value: Any = document
        for name in self.dataset_at:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Delete what is about a dataset that is deleted."""
        for name in self._about(project, kind, object_id):
            project.delete(self, name, login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Name a dataset that is renamed by its new name."""
        objects = project.objects(self)
        for name in self._about(project, kind, old_id):
            document = objects.get(name)
            part = document
            for member in self.dataset_at[:-1]:
                part = part[member]
            own = part[self.dataset_at[-1]]
            part[self.dataset_at[-1]] = own[: len(own) - len(old_id)] + new_id
            objects.save(name, document, login)

    def _about(self, project: Project, kind: Kind, dataset: str) -> list[str]:
        if kind is not DATASET:
            return []
        names = (dataset, f"{project.project_key}.{dataset}")
        objects = project.objects(self)
        return [
            name
            for name in objects.names()
            if self.dataset_of(objects.stored(name).document) in names
        ]
