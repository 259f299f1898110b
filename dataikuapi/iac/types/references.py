"""What an object refers to, and what a summary of it consists of."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple, cast

from dataikuapi.iac.models.changes import pointer_token
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.json_values import JSON

__all__ = [
    "FLOW_TYPES",
    "SAVED_MODEL_TYPES",
    "Fact",
    "Reference",
    "Role",
    "code_env_at",
    "ids_at",
    "instance_reference_at",
    "llm_at",
    "references_at",
    "text_at",
    "texts_at",
    "typed_ids_at",
    "types_of_dss_object",
    "value_at",
]

FLOW_TYPES = (
    "dataset",
    "managed_folder",
    "saved_model",
    "evaluation_store",
    "streaming_endpoint",
    "knowledge_bank",
    "agent",
    "rag_model",
)
"""The types of what recipes read and write; a reference does not say which it is."""

SAVED_MODEL_TYPES = ("saved_model", "agent", "rag_model")
"""What DSS calls a saved model where one refers to it."""

_BY_DSS_TYPE: dict[str, tuple[str, ...]] = {
    "DATASET": ("dataset",),
    "RECIPE": ("recipe",),
    "MANAGED_FOLDER": ("managed_folder",),
    "SAVED_MODEL": SAVED_MODEL_TYPES,
    "MODEL_EVALUATION_STORE": ("evaluation_store",),
    "STREAMING_ENDPOINT": ("streaming_endpoint",),
    "RETRIEVABLE_KNOWLEDGE": ("knowledge_bank",),
    "WEB_APP": ("web_app",),
    "SCENARIO": ("scenario",),
    "JUPYTER_NOTEBOOK": ("notebook",),
    "DASHBOARD": ("dashboard",),
    "INSIGHT": ("insight",),
}
"""What DSS calls each type in references from zones, scenarios and insights."""


_BY_LLM_TYPE: dict[str, tuple[int, tuple[str, ...]]] = {
    "agent": (1, ("agent",)),
    # Older versions of DSS have them in the knowledge bank.
    "retrieval-augmented-llm": (1, ("rag_model", "knowledge_bank")),
    "saved-model": (3, ("saved_model",)),
}
"""What the ids of LLMs refer to, by how they begin, and in which part."""


_USED_ENV_MODES = (None, "EXPLICIT_ENV")
"""Of a selection of a code environment; any other leaves the name unused."""


class Role(Enum):
    """How an object relates to one that it refers to.

    What is a mention does not depend on what the other object is: which groups may use
    a connection, say. Nor does what has content: the flow zone that an object is in.
    """

    INPUT = "input"
    OUTPUT = "output"
    USE = "use"
    MENTION = "mention"
    CONTENT = "content"


class Reference(NamedTuple):
    """A reference from one object to another.

    Args:
        resource_type: the type of the other object; the likeliest one, if the reference
            does not say.
        name: its name or id, within its project.
        pointer: where the reference is, as a JSON Pointer into the attributes.
        role: input and output make up the flow, and use depends on it. An object is the
            content of one other at most.
        project_key: the project of the other object; ``None`` for the same project,
            :data:`~dataikuapi.iac.models.ids.INSTANCE` for what is in no project.
        other_types: types that the other object may have instead.
        is_smart: whether what is before the dot of a smart name was taken for the
            project. It may instead be part of a name, within the same project.
    """

    resource_type: str
    name: str
    pointer: str
    role: Role = Role.USE
    project_key: str | None = None
    other_types: tuple[str, ...] = ()
    is_smart: bool = False


class Fact(NamedTuple):
    """One part of the summary of an object, such as its connection.

    Args:
        label: what it is, e.g. ``connection``; several values have a plural.
        values: texts, in order; a count is one text.
    """

    label: str
    values: tuple[str, ...]


def value_at(attributes: object, *path: str) -> JSON:
    """Return the value at a path of member names; ``None`` if there is none."""
    value = cast(JSON, attributes)
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(attributes: object, *path: str) -> str:
    """Return the text at a path; "" if there is none, or something else."""
    value = value_at(attributes, *path)
    return value if isinstance(value, str) else ""


def texts_at(value: object, *path: str) -> Iterator[tuple[str, str]]:
    """Yield each non-empty text at a path, with its JSON Pointer.

    Args:
        value: attributes, or a part of them.
        path: names of members; lists along it are traversed.
    """
    for pointer, found in _values_at(value, *path):
        if isinstance(found, str) and found:
            yield pointer, found


def _values_at(value: object, *path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            for pointer, found in _values_at(item, *path):
                yield f"/{position}{pointer}", found
    elif not path:
        yield "", value
    elif isinstance(value, Mapping) and path[0] in value:
        for pointer, found in _values_at(value[path[0]], *path[1:]):
            yield f"/{pointer_token(path[0])}{pointer}", found


def references_at(
    attributes: object,
    types: str | tuple[str, ...],
    *path: str,
    role: Role = Role.USE,
    pointer: str = "",
) -> Iterator[Reference]:
    """Yield a reference for each smart name at a path.

    DSS calls a name, or an id, smart if that of an object in another project is after
    the key of the project and a dot. Keys have no dots, but ids of scenarios may.

    Args:
        attributes: or a part of them.
        types: of the other object; if the reference does not say, all possible ones,
            the likeliest one first.
        path: as for :func:`texts_at`. For plain names and ids, see :func:`ids_at`.
        role: of the references.
        pointer: of the part inside the attributes.
    """
    for end, text in texts_at(attributes, *path):
        yield _reference(text, types, pointer + end, role)


def _reference(
    text: str, types: str | tuple[str, ...], pointer: str, role: Role = Role.USE
) -> Reference:
    first, *others = (types,) if isinstance(types, str) else types
    project_key, _, name = text.partition(".")
    if project_key and name:
        return Reference(first, name, pointer, role, project_key, tuple(others), True)
    return Reference(first, text, pointer, role, None, tuple(others))


def ids_at(
    attributes: object,
    types: str | tuple[str, ...],
    *path: str,
    role: Role = Role.USE,
    pointer: str = "",
) -> Iterator[Reference]:
    """Yield a reference for each text at a path that is an id, whatever dots it has.

    Args:
        attributes: or a part of them.
        types: as for :func:`references_at`.
        path: as for :func:`texts_at`. The object that has the id as a member may have a
            ``projectKey`` beside it, if the other object is in another project.
        role: of the references.
        pointer: of the part inside the attributes.
    """
    first, *others = (types,) if isinstance(types, str) else types
    *parents, member = path
    for end, owner in _values_at(attributes, *parents):
        project_key = text_at(owner, "projectKey") or None
        for below, text in texts_at(owner, member):
            at = pointer + end + below
            yield Reference(first, text, at, role, project_key, tuple(others))


def typed_ids_at(
    attributes: object,
    *path: str,
    member: str,
    type_member: str,
    role: Role = Role.USE,
) -> Iterator[Reference]:
    """Yield a reference for each object at a path that has an id and says of what type.

    What is of a type that is not known here, such as a labeling task, is left out.

    Args:
        attributes: or a part of them.
        path: as for :func:`texts_at`, to the objects.
        member: of these objects, with an id, as for :func:`ids_at`.
        type_member: of these objects, with what DSS calls the type.
        role: of the references.
    """
    for pointer, item in _values_at(attributes, *path):
        types = types_of_dss_object(value_at(item, type_member))
        if types:
            yield from ids_at(item, types, member, role=role, pointer=pointer)


def instance_reference_at(
    attributes: object,
    resource_type: str,
    *path: str,
    prefix: str = "",
    role: Role = Role.USE,
) -> Iterator[Reference]:
    """Yield a reference to an object in no project for each text at a path.

    Args:
        attributes: or a part of them.
        resource_type: of the other object.
        path: as for :func:`texts_at`. The texts are names, which may have dots.
        prefix: of the names in ids.
        role: of the references.
    """
    for pointer, name in texts_at(attributes, *path):
        yield Reference(resource_type, prefix + name, pointer, role, INSTANCE)


def code_env_at(
    attributes: object, *path: str, language: str = "python"
) -> Iterator[Reference]:
    """Yield a reference to the code environment that is selected at a path.

    Args:
        attributes: or a part of them.
        path: of the selection, which has the name under ``envName``, and says whether
            that is used.
        language: ``python`` or ``r``; DSS keeps the environments of each apart.
    """
    for pointer, selection in _values_at(attributes, *path):
        if isinstance(selection, Mapping):
            mode = selection.get("envMode", selection.get("mode"))
            if mode in _USED_ENV_MODES:
                prefix = f"{language}/"
                for item in instance_reference_at(
                    selection, "code_env", "envName", prefix=prefix
                ):
                    yield item._replace(pointer=pointer + item.pointer)


def llm_at(attributes: object, *path: str) -> Iterator[Reference]:
    """Yield a reference for each LLM at a path: to its connection, or to what it is.

    Args:
        attributes: or a part of them.
        path: as for :func:`texts_at`. The texts are ``type:connection:model``, or, such
            as ``agent:ID``, have the id of an agent, of a retrieval-augmented LLM, or
            of a model.
    """
    for pointer, text in texts_at(attributes, *path):
        parts = text.split(":")
        position, types = _BY_LLM_TYPE.get(parts[0], (None, ()))
        if position is not None:
            if len(parts) > position:
                yield _reference(parts[position], types, pointer)
        elif len(parts) > 2:
            yield Reference("connection", parts[1], pointer, project_key=INSTANCE)


def types_of_dss_object(dss_type: object) -> tuple[str, ...]:
    """Return the types that DSS calls by this name, such as ``MANAGED_FOLDER``."""
    return _BY_DSS_TYPE.get(dss_type, ()) if isinstance(dss_type, str) else ()
