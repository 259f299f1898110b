"""Jupyter notebooks: cells and kernel, never outputs."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Identity, Path, Project, Severities
from dataikuapi.iac.types.cleaning import ANY, Constants, Kept
from dataikuapi.iac.types.layout import Files, Layout, json_in
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.notebook_format import (
    NotebookShape,
    has_cells,
    in_format_4,
)
from dataikuapi.iac.types.references import Fact, Reference, Role, ids_at, references_at
from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.sets import Sets, by_value
from dataikuapi.iac.types.shapes import Shape
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["NotebookType"]

_FOLDER, _END = "ipython_notebooks", ".ipynb"

_BY_THE_PAGE = "written by the page as it runs"

_KEPT: Mapping[Path, Kept] = {
    (): Kept(
        ("cells", "metadata", "nbformat"),
        {
            "nbformat_minor": "which Jupyter saved it: 1,560 of 15,533 edits",
            ANY: "no part of the format",
        },
    ),
    ("cells",): Kept(
        ("cell_type", "source", "metadata", "attachments"),
        {
            "outputs": "what a run printed, which may be data: 5,577 of 15,533 edits",
            "execution_count": "counts runs: 4,369 of 15,533 edits",
            ANY: "written by Jupyter for itself, such as a generated id",
        },
    ),
    ("cells", "metadata"): Kept(
        ("tags",), {ANY: "how the page shows the cell: 141 of 15,533 edits"}
    ),
    ("metadata",): Kept(
        (
            "kernelspec",
            "associatedRecipe",
            "analyzedDataset",
            "dkuGit",
            "tags",
            "customFields",
        ),
        {
            "language_info": f"{_BY_THE_PAGE}, from the kernel: 1,644 of 15,533 edits",
            "modifiedBy": "bookkeeping: 1,612 of 15,533 edits",
            "hide_input": "how the page shows cells: 1,563 of 15,533 edits",
            "creator": "bookkeeping",
            "creationTag": "bookkeeping: 183 of 15,533 edits",
            "createdOn": "bookkeeping: 65 of 15,533 edits",
            "versionNumber": "bookkeeping: 30 of 15,533 edits",
            "widgets": "the state of what a run displayed: 10 of 15,533 edits",
            ANY: _BY_THE_PAGE,
        },
    ),
}


class _NotebookFolder(Layout):
    """A file for each notebook, as Jupyter writes it."""

    def names(self, files: Files) -> list[str]:
        """Return the names of the notebooks."""
        return sorted(
            path[len(_FOLDER) + 1 : -len(_END)]
            for path in files
            if path.startswith(f"{_FOLDER}/")
            and path.endswith(_END)
            and path.count("/") == 1
        )

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether the folder is there."""
        return any(path.startswith(f"{_FOLDER}/") for path in paths)

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the notebook."""
        path = f"{_FOLDER}/{name}{_END}"
        document = json_in(files, path)
        if not has_cells(document):
            raise SourceError(f"{path} is not a notebook: it has no cells")
        return {"document": document}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the notebook without outputs, as Jupyter indents it."""
        cells = attributes.get("cells")
        notebook = {
            "cells": [
                _file_cell(cell) for cell in (cells if isinstance(cells, list) else [])
            ],
            "metadata": attributes.get("metadata", {}),
            "nbformat": attributes.get("nbformat", 4),
            "nbformat_minor": 0,
        }
        text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
        return {f"{_FOLDER}/{name}{_END}": f"{text}\n".encode()}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file."""
        if f"{_FOLDER}/{name}{_END}" in files:
            yield f"{_FOLDER}/{name}{_END}"


class _NotebookWriter(ListedWriter):
    """A new notebook is posted to its own path. Cells are sent as Jupyter needs them.

    That is with outputs, which new cells do not have yet.
    """

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the notebook; the path has its name."""
        body = {"nbformat_minor": 0, **_completed(documents["document"])}
        send(project, "POST", self.path(name), body)
        return name

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the whole notebook."""
        send(project, "PUT", self.path(name), _completed(new["document"]))
        return 1


class NotebookType(ListedType):
    """A Jupyter notebook. Outputs may hold data, and are never read into a state.

    Of 15,533 edits in real histories, 3,135 change no source of a cell. An older format
    than 4 is read as what Jupyter makes of it when somebody opens it.
    """

    name = "notebook"
    writing = Writing(
        contents_after_delete="its outputs are lost",
        writer=_NotebookWriter("", "jupyter-notebooks/{name}"),
    )
    identity = Identity.NAME
    listing = "jupyter-notebooks/"
    key = "name"
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/jupyter-notebooks/{name}": NotebookShape(),
    }
    layout = _NotebookFolder()
    kept = _KEPT
    defaults: ClassVar[Mapping[str, JSON]] = {
        "cells": [],
        "metadata": {},
        "nbformat": 4,
    }
    # Papermill and others act by the tags of cells; attachments are images of a text.
    constants: ClassVar[Constants] = {
        ("metadata", "customFields"): ({}, None),
        ("cells", "metadata", "tags"): ([], None),
        ("cells", "metadata"): ({}, None),
        ("cells", "attachments"): ({}, None),
    }
    sets: ClassVar[Sets] = {
        ("metadata", "tags"): by_value,
        ("cells", "metadata", "tags"): by_value,
    }
    code: ClassVar[frozenset[Path]] = frozenset({("cells", "source")})
    severities: ClassVar[Severities] = {
        ("cells",): Severity.CODE,
        ("metadata", "kernelspec"): Severity.CONNECTION,
    }

    def canonical(
        self, document: dict[str, Any], redactor: Redactor
    ) -> dict[str, JSON]:
        """Return the notebook in canonical form, whatever its format is."""
        return super().canonical(in_format_4(document), redactor)

    def refine(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Return cells with their sources as one text each."""
        cells = cast(list[JSON], attributes["cells"])
        return {**attributes, "cells": [_cell(cell) for cell in cells]}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the recipe that it became, and the dataset that it analyzes."""
        recipe = ("metadata", "associatedRecipe")
        yield from ids_at(attributes, "recipe", *recipe, role=Role.MENTION)
        yield from references_at(attributes, "dataset", "metadata", "analyzedDataset")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many cells it has."""
        cells = attributes.get("cells")
        if isinstance(cells, list):
            yield Fact("cells", (f"{len(cells)}",))


def _cell(cell: JSON) -> JSON:
    if not isinstance(cell, dict):
        return cell
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else source
    return {"cell_type": "code", **cell, "source": text}


def _completed(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook whose cells have all that the format demands."""
    if not isinstance(notebook.get("cells"), list):
        return notebook
    cells = [
        {**_file_cell(cell), **cell} if isinstance(cell, dict) else cell
        for cell in notebook["cells"]
    ]
    # One of an older format has its old cells somewhere else.
    kept = {key: item for key, item in notebook.items() if key != "worksheets"}
    is_older = len(kept) < len(notebook)
    return {**kept, "cells": cells, **({"nbformat": 4} if is_older else {})}


def _file_cell(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    source = cell.get("source")
    lines: list[JSON] = [*str(source).splitlines(keepends=True)]
    written: dict[str, JSON] = {"metadata": {}, **cell, "source": lines}
    if cell.get("cell_type") == "code":
        written |= {"execution_count": None, "outputs": []}
    return written
