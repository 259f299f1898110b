"""Recipes: served together with a payload, listed without, bound to what they use."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.documents import Document, StoredObject
from dataikuapi.iac.sandbox.errors import (
    AlwaysFailsError,
    InvalidDocumentError,
    NotInSandboxError,
    ObjectNotFoundError,
)
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

# The extension of a payload file is the recipe's type, except in these families.
_EXTENSIONS: Mapping[str, str] = {
    "python": "py",
    "cpython": "py",
    "pyspark": "py",
    "r": "r",
    "sparkr": "r",
    "sql_query": "sql",
    "sql_script": "sql",
    "spark_sql_query": "sql",
}

_CODE = frozenset(_EXTENSIONS) | {"hive", "impala", "julia", "shell", "spark_scala"}

# DSS keeps an empty payload for these: all there is to say is in the recipe's params.
_PAYLOADLESS = frozenset(
    {"sync", "export", "download", "merge_folder", "list_folder_contents"}
)

# Created without `virtualInputs`, these come out with inputs {} and an empty payload.
_VIRTUAL_INPUTS = frozenset({"join", "vstack", "geojoin", "generate_features"})

_SCORING = "prediction_scoring"

_DATASET_IN_PYTHON = re.compile(r"""(\bDataset\(\s*["'])([^"']+)""")


@dataclass(frozen=True, eq=False)
class RecipeKind(Kind):
    """Recipes. A request wraps a recipe as `recipe` and has its `payload` beside it."""

    def payload_file(self, object_id: str, document: Document) -> str | None:
        """Return the path of a recipe's payload.

        The recipe's type says which file it is: DSS leaves the old payload behind when
        the type of a recipe changes, so other files of that name do not count.
        """
        return f"recipes/{object_id}.{_extension(document)}"

    def to_api(self, stored: StoredObject) -> Document:
        """Return recipe and payload; without a payload there is no such key at all."""
        wrapped: Document = {"recipe": super().to_api(stored)}
        if stored.payload is not None:
            wrapped["payload"] = stored.payload
        return wrapped

    def from_api(self, body: Any) -> StoredObject:
        """Return recipe and payload that a client PUTs."""
        sent = documents.required_object(body, self.label)
        payload = _text_or_none(sent.get("payload"))
        return StoredObject(super().from_api(sent.get("recipe")).document, payload)

    def handle_get(self, request: ApiRequest) -> Any:
        """Return a recipe; where there is none, DSS does not fail but returns {}."""
        try:
            return super().handle_get(request)
        except ObjectNotFoundError:
            return {}

    def prototype(self, request: ApiRequest) -> Document:
        """Return the recipe that a client asks for, under `recipePrototype`."""
        body = super().prototype(request)
        sent = documents.required_object(body.get("recipePrototype"), "recipePrototype")
        documents.required_text(sent, "type", "recipePrototype")
        return sent

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return the recipe that a client asks for, with its first payload.

        Raises:
            InvalidDocumentError: a field is malformed, or an output does not exist.
            AlwaysFailsError: it is to score, with no model.
            NotInSandboxError: the recipe's outputs are to be created along with it.
        """
        settings = documents.required_object(
            request.body.get("creationSettings") or {}, "creationSettings"
        )
        if prototype["type"] == _SCORING and "model" not in prototype.get("inputs", {}):
            raise AlwaysFailsError("Cannot score without a model")
        for ref in self.outputs_of(request.project(), prototype):
            if request.project().kind_of_computable(ref) is None:
                raise InvalidDocumentError(f"Output {ref} does not exist")
        new = super().new_object(request, prototype).document
        fields, payload = _prepared(new, settings)
        return StoredObject(fields, _text_or_none(payload))

    def new_id(self, prototype: Document, taken: Container[str]) -> str:
        """Return the name that was asked for, else one made from the first output.

        A recipe that scores with a model is called after its input, whatever was asked.
        """
        if prototype["type"] == _SCORING:
            main = _items_by_role(prototype.get("inputs")).get("main") or [{"ref": ""}]
            return f"score_{main[0]['ref']}"
        if prototype.get("name"):
            return str(prototype["name"])
        outputs = [item["ref"] for item in _items(prototype.get("outputs"))]
        base = candidate = f"compute_{(outputs or [prototype['type']])[0]}"
        attempt = 0
        while candidate in taken:
            attempt += 1
            candidate = f"{base}_{attempt}"
        return candidate

    def outputs_of(self, project: Project, recipe: Document) -> list[str]:
        """Return the ids of the objects of the project that a recipe writes."""
        own = f"{project.project_key}."
        refs = [item["ref"].removeprefix(own) for item in _items(recipe.get("outputs"))]
        return [ref for ref in refs if "." not in ref]

    def inputs_of(self, project: Project, recipe: Document) -> list[str]:
        """Return the ids of the objects of the project that a recipe reads."""
        return self.outputs_of(project, {"outputs": recipe.get("inputs")})

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Delete the recipes that read or write the object, as DSS does by itself."""
        if not kind.computable:
            return
        refs = {object_id, f"{project.project_key}.{object_id}"}
        objects = project.objects(self)
        for name in objects.names():
            recipe = objects.stored(name).document
            if any(item["ref"] in refs for item in _inputs_and_outputs(recipe)):
                project.delete(self, name, login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Rewrite inputs, outputs and Python code that name the object.

        That is what the git history of real projects shows. The recipe gets a new
        version, the renamed object does not.
        """
        if not kind.computable:
            return
        key = project.project_key
        refs = {old_id: new_id, f"{key}.{old_id}": f"{key}.{new_id}"}
        objects = project.objects(self)
        for name in objects.names():
            stored = objects.stored(name)
            renamed = _with_renamed(stored, refs)
            if renamed != stored:
                objects.save(name, renamed.document, login, payload=renamed.payload)


RECIPE = RecipeKind(
    label="recipe",
    path="recipes",
    file="recipes/{id}.json",
    other_files=("recipes/*",),
    object_type="RECIPE",
    rename_action="renameRecipe",
    # Neither params nor payload. Older recipes have no hashPropagationBehavior on disk.
    list_fields={
        "projectKey": None,
        "name": None,
        "type": None,
        "inputs": None,
        "outputs": None,
        "tags": None,
        "neverRecomputeExistingPartitions": False,
        "redispatchPartitioning": False,
        "maxRunningActivities": 0,
        "hashPropagationBehavior": "INHERIT",
        "versionTag": None,
        "creationTag": None,
    },
    fields=Fields(
        required=("type",),
        always={
            "type": "",
            "neverRecomputeExistingPartitions": False,
            "customMeta": {"kv": {}},
            "redispatchPartitioning": False,
            "maxRunningActivities": 0,
            "inputs": {},
            "outputs": {},
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        fresh={
            "params": {},
            "hashPropagationBehavior": "INHERIT",
            "variables": {},
            "dkuProperties": [],
            "labels": [],
        },
        optional=frozenset({"optionalDependencies", "shortDesc", "description"}),
    ),
)


def _extension(recipe: Document) -> str:
    return _EXTENSIONS.get(recipe["type"], recipe["type"])


def _prepared(fields: Document, settings: Document) -> tuple[Document, Any]:
    """Return fields and payload of a recipe to create."""
    if settings.get("rawCreation"):
        return fields, settings.get("rawPayload")
    if settings.get("createOutputDataset") or settings.get("createOutputFolder"):
        raise NotInSandboxError(
            "Creating the outputs of a recipe along with it is not in the sandbox; "
            "create them first"
        )
    if fields["type"] in _VIRTUAL_INPUTS:
        return _with_virtual_inputs(fields, settings.get("virtualInputs") or [])
    inputs = _with_deps(fields.get("inputs"))
    payload = _first_payload(fields["type"], settings.get("script"))
    return {**fields, "inputs": inputs}, payload


def _with_virtual_inputs(
    fields: Document, refs: list[str]
) -> tuple[Document, str | None]:
    """Return what DSS makes of a join and the like.

    Only `virtualInputs` counts; without it they come out with no inputs and an empty
    payload, whatever the prototype says.
    """
    if not refs:
        return {**fields, "inputs": {}}, ""
    items = [{"ref": ref, "deps": []} for ref in refs]
    rows = ", ".join(f'{{"index": {index}}}' for index in range(len(refs)))
    payload = f'{{\n  "virtualInputs": [{rows}]\n}}'
    return {**fields, "inputs": {"main": {"items": items}}}, payload


def _first_payload(recipe_type: str, script: str | None) -> str | None:
    """Return the payload of a new recipe: none for code without a script."""
    if script is not None or recipe_type in _CODE:
        return script
    return "" if recipe_type in _PAYLOADLESS else "{}"


def _with_renamed(stored: StoredObject, refs: Mapping[str, str]) -> StoredObject:
    """Return a recipe that refers to objects by their new names.

    Args:
        stored: the recipe.
        refs: new references by old ones.
    """
    document = documents.copied(stored.document)
    for item in _inputs_and_outputs(document):
        item["ref"] = refs.get(item["ref"], item["ref"])
    payload = stored.payload
    if payload is not None and _extension(document) == "py":
        payload = _DATASET_IN_PYTHON.sub(
            lambda found: found[1] + refs.get(found[2], found[2]), payload
        )
    return StoredObject(document, payload)


def _inputs_and_outputs(recipe: Document) -> Iterator[Document]:
    yield from _items(recipe.get("inputs"))
    yield from _items(recipe.get("outputs"))


def _items(roles: Any) -> Iterator[Document]:
    for items in _items_by_role(roles).values():
        yield from items


def _with_deps(roles: Any) -> Document:
    """Return inputs as DSS completes them: the client sends them without `deps`."""
    return {
        role: {"items": [{"deps": [], **item} for item in items]}
        for role, items in _items_by_role(roles).items()
    }


def _items_by_role(roles: Any) -> dict[str, list[Document]]:
    """Return the items of each role; what is malformed refers to nothing."""
    found: dict[str, list[Document]] = {}
    for role, content in roles.items() if isinstance(roles, dict) else ():
        items = content.get("items") if isinstance(content, dict) else None
        found[role] = [
            item
            for item in (items if isinstance(items, list) else ())
            if isinstance(item, dict) and isinstance(item.get("ref"), str)
        ]
    return found


def _text_or_none(payload: Any) -> str | None:
    if payload is None or isinstance(payload, str):
        return payload
    raise InvalidDocumentError("The payload of a recipe must be a string")
