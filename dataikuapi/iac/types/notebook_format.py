"""Formats of Jupyter notebooks: those before 4 have their cells in worksheets."""

from collections.abc import Mapping
from typing import Any

from dataikuapi.iac.types.shapes import UnexpectedShapeError, expect_type

__all__ = ["NotebookShape", "has_cells", "in_format_4"]


class NotebookShape:
    """A notebook of any format."""

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check that there are cells."""
        expect_type(value, dict)
        if not has_cells(value):
            raise UnexpectedShapeError("expected an array under cells or worksheets")


def has_cells(notebook: Mapping[str, Any]) -> bool:
    """Return whether a document has cells, perhaps none, where a format has them."""
    if "cells" in notebook:
        return isinstance(notebook["cells"], list)
    sheets = notebook.get("worksheets")
    return isinstance(sheets, list) and all(
        isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for sheet in sheets
    )


def in_format_4(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook as Jupyter upgrades it when somebody opens it.

    Args:
        notebook: of any format, with cells; not modified.
    """
    if "cells" in notebook:
        return notebook
    cells = [_cell(cell) for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    return {**notebook, "cells": cells, "nbformat": 4}


def _cell(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    kind, source = cell.get("cell_type"), cell.get("source", "")
    if kind == "code":
        return {**cell, "source": cell.get("input", "")}
    if kind == "heading":
        text = "".join(map(str, source)) if isinstance(source, list) else source
        level = cell.get("level")
        hashes = "#" * (level if isinstance(level, int) else 1)
        source = f"{hashes} {' '.join(str(text).splitlines())}"
    in_markdown = kind in ("heading", "html")
    return {**cell, "cell_type": "markdown" if in_markdown else kind, "source": source}
