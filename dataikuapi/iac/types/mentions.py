"""References that a document has at any depth, under names that always mean the same.

The payload of a visual recipe has them in many places, which differ by type and version
of DSS.
"""

from collections.abc import Iterator

from dataikuapi.iac.models.changes import pointer_token
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.references import (
    Reference,
    instance_reference_at,
    llm_at,
    references_at,
)

__all__ = ["mentions_in"]

_USED_ENV_MODES = (None, "EXPLICIT_ENV")
"""Of a selection of a code environment; any other leaves the name unused."""


def mentions_in(value: JSON, pointer: str, language: str) -> Iterator[Reference]:
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
        for found in _mentioned(value, language):
            yield found._replace(pointer=pointer + found.pointer)
        for name, item in value.items():
            if isinstance(item, dict | list):
                yield from mentions_in(
                    item, f"{pointer}/{pointer_token(name)}", language
                )


def _mentioned(value: dict[str, JSON], language: str) -> Iterator[Reference]:
    yield from references_at(value, "dataset", "datasetSmartName")
    yield from llm_at(value, "llmId")
    if value.get("envMode") in _USED_ENV_MODES:
        yield from instance_reference_at(
            value, "code_env", "envName", prefix=f"{language}/"
        )
