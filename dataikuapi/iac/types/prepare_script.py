"""Scripts of prepare recipes and visual analyses, without the state of their page."""

from typing import cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.cleaning import Volatile, drop_paths

__all__ = ["SCREEN_STATE", "STEP_SCREEN_STATE", "without_screen_state"]

SCREEN_STATE: Volatile = {
    ("columnWidthsByName",): "column widths",
    ("columnUseScientificNotationByName",): "number format of a column",
    ("columnOrder",): "displayed order of the columns",
    ("explorationSampling",): "which rows are displayed",
    ("vizSampling",): "which rows are in a chart",
    ("explorationFilters",): "which rows are displayed",
    ("exploreUIParams",): "automatic refresh of the display",
    ("previewMode",): "how the effect of a step is displayed",
    ("analysisColumnData",): "statistics of a column",
    ("globalSearchQuery",): "text in the search box",
    ("coloring",): "colors of cells",
    ("sorting",): "displayed order of the rows",
    ("origin",): "depends on the page from which the recipe was saved",
    ("columnsSelection",): "displayed columns: hidden ones stay in the output",
}
"""Paths in a script that are about its page alone."""

STEP_SCREEN_STATE: Volatile = {
    ("preview",): "whether the page highlights what a step does; ``disabled`` counts",
}
"""Paths in each step, also in one that is in a group."""


def without_screen_state(script: dict[str, JSON]) -> dict[str, JSON]:
    """Return a script without what is about its page alone.

    Args:
        script: an object with ``steps``; not modified.
    """
    return _without_previews(drop_paths(script, SCREEN_STATE))


def _without_previews(step: dict[str, JSON]) -> dict[str, JSON]:
    if not isinstance(step.get("steps"), list):
        return step
    steps = cast(list[JSON], step["steps"])
    return {**step, "steps": [_without_preview(item) for item in steps]}


def _without_preview(step: JSON) -> JSON:
    if not isinstance(step, dict):
        return step
    return drop_paths(_without_previews(step), STEP_SCREEN_STATE)
