"""References that a document has at any depth, under names that always mean the same.

The payload of a visual recipe and the settings of a training have them in many places,
which differ by type and version of DSS.
"""

from collections.abc import Iterator, Mapping

from dataikuapi.iac.models.changes import pointer_token
from dataikuapi.iac.types.references import (
    Reference,
    code_env_at,
    llm_at,
    references_at,
)

__all__ = ["mentions_in"]

_DATASETS = ("datasetSmartName", "rightInput")
"""Members that have the smart name of a dataset; the latter in steps that join."""

_LLM_ENDS = ("llmid", "vlmid")
"""How the names of members that have the id of an LLM end, in lower case."""

_POLICY = "ttPolicy"
"""A member of the settings of a split into a train and a test set."""

_DATASETS_OF_SPLITS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "SPLIT_SINGLE_DATASET": (("ssdDatasetSmartName",),),
    "EXPLICIT_FILTERING_SINGLE_DATASET": (("efsdDatasetSmartName",),),
    "EXPLICIT_FILTERING_TWO_DATASETS": (
        ("eftdTrain", "datasetSmartName"),
        ("eftdTest", "datasetSmartName"),
    ),
}
"""Where a split names datasets, by its policy; what others named may be left over."""


def mentions_in(
    value: object, pointer: str, language: str = "python"
) -> Iterator[Reference]:
    """Yield references to datasets, LLMs and code environments.

    Args:
        value: attributes, or a part of them.
        pointer: to the value.
        language: ``python`` or ``r``: that of the code environments.
    """
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from mentions_in(item, f"{pointer}/{position}", language)
    elif isinstance(value, dict):
        policy = value.get(_POLICY)
        # A column may have that name, too; then its value is an object.
        if isinstance(policy, str):
            for path in _DATASETS_OF_SPLITS.get(policy, ()):
                yield from references_at(value, "dataset", *path, pointer=pointer)
            return
        for found in _mentioned(value, language):
            yield found._replace(pointer=pointer + found.pointer)
        for name, item in value.items():
            if isinstance(item, dict | list):
                yield from mentions_in(
                    item, f"{pointer}/{pointer_token(name)}", language
                )


def _mentioned(value: dict[str, object], language: str) -> Iterator[Reference]:
    for name in _DATASETS:
        yield from references_at(value, "dataset", name)
    for name in value:
        if name.lower().endswith(_LLM_ENDS):
            yield from llm_at(value, name)
    # Beside a selection, the name is left over from older versions of DSS, and may be
    # that of another environment than the one that is selected.
    if "envSelection" not in value:
        yield from code_env_at(value, language=language)
