"""The recipes of a project, and their payloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.collection import Clock, Lock, ObjectCollection
from dataikuapi.iac.sandbox.errors import InvalidDocumentError, NotInSandboxError
from dataikuapi.iac.sandbox.fields import (
    CODE_RECIPES,
    PAYLOADLESS_RECIPES,
    RECIPE,
    RECIPE_LIST_ITEM,
    VIRTUAL_INPUT_RECIPES,
    Document,
)


class Recipes(ObjectCollection):
    """The recipes of a project, by name.

    Args:
        project_key: as for every shelf.
        loaded: documents by name, as they are on disk.
        payloads: by name; no entry for a recipe that has none.
        owner: see :func:`~dataikuapi.iac.sandbox.documents.tagged`.
        now: returns milliseconds since 1970.
        lock: a re-entrant one, shared by the whole project.
    """

    kind = RECIPE

    def __init__(
        self,
        project_key: str,
        loaded: Mapping[str, Document],
        payloads: Mapping[str, str],
        *,
        owner: str,
        now: Clock,
        lock: Lock,
    ) -> None:
        super().__init__(project_key, loaded, owner=owner, now=now, lock=lock)
        self._payloads = dict(payloads)

    def summaries(self) -> list[Document]:
        """Return the summaries that DSS lists: neither params nor payload."""
        with self._lock:
            stored = list(self._documents.values())
        return [
            documents.copied(
                {
                    key: document.get(key, default)
                    for key, default in RECIPE_LIST_ITEM.items()
                }
            )
            for document in stored
        ]

    def get_with_payload(self, name: str) -> Document:
        """Return recipe and payload as DSS serves them.

        For a recipe without a payload there is no `payload` at all. For a recipe that
        does not exist DSS does not fail: it answers a document without `recipe`.
        """
        with self._lock:
            if name not in self:
                return {}
            answer: Document = {"recipe": self.get(name)}
            if name in self._payloads:
                answer["payload"] = self._payloads[name]
            return answer

    def add_with_payload(
        self, name: str, login: str, fields: Mapping[str, Any], payload: str | None
    ) -> None:
        """Add a new recipe; ``payload`` is None for one without a payload."""
        with self._lock:
            self.add(name, login, fields)
            self._set_payload(name, payload)

    def create(self, body: Any, login: str) -> str:
        """Add the recipe that a client asks for.

        Returns:
            Its name, which DSS makes up when none was asked for.

        Raises:
            InvalidDocumentError: the prototype or its type is missing.
            AlreadyExistsError: the name is taken.
            NotInSandboxError: the recipe's outputs are to be created along with it.
        """
        request = documents.required_object(body, "recipe creation")
        prototype = documents.required_object(
            request.get("recipePrototype"), "recipePrototype"
        )
        documents.required_text(prototype, "type", "recipePrototype")
        documents.tag_list(prototype.get("tags") or [])
        settings = documents.required_object(
            request.get("creationSettings") or {}, "creationSettings"
        )
        with self._lock:
            name = prototype.get("name") or self._free_name(prototype)
            fields, payload = _prepared(prototype, settings)
            self.add_with_payload(str(name), login, fields, _text_or_none(payload))
        return str(name)

    def put_with_payload(self, name: str, body: Any, login: str) -> None:
        """Replace recipe and payload by what `get_with_payload` returned, edited.

        A document without a payload leaves the stored payload as it is.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
            ObjectNotFoundError: there is no such recipe.
        """
        document = documents.required_object(body, "recipe")
        payload = _text_or_none(document.get("payload"))
        with self._lock:
            self.put(name, document.get("recipe"), login)
            self._set_payload(name, payload)

    def remove(self, name: str) -> None:
        """Delete a recipe and its payload; its outputs stay."""
        with self._lock:
            super().remove(name)
            self._payloads.pop(name, None)

    def remove_users_of(self, dataset_name: str) -> None:
        """Delete every recipe that reads or writes that dataset of this project."""
        refs = {dataset_name, f"{self._project_key}.{dataset_name}"}
        with self._lock:
            for name in self.names():
                if refs.intersection(_references(self._stored(name))):
                    self.remove(name)

    def _set_payload(self, name: str, payload: str | None) -> None:
        if payload is not None:
            self._payloads[name] = payload

    def _free_name(self, prototype: Document) -> str:
        output = next(_refs(prototype.get("outputs")), prototype["type"])
        base = candidate = f"compute_{output}"
        attempt = 0
        while candidate in self:
            attempt += 1
            candidate = f"{base}_{attempt}"
        return candidate


def _prepared(prototype: Document, settings: Document) -> tuple[Document, Any]:
    """Return fields and payload of a recipe to create."""
    fields = documents.known_fields(RECIPE, prototype)
    if settings.get("rawCreation"):
        return fields, settings.get("rawPayload")
    if settings.get("createOutputDataset") or settings.get("createOutputFolder"):
        raise NotInSandboxError(
            "Creating the outputs of a recipe along with it is not in the sandbox; "
            "create them first"
        )
    if prototype["type"] in VIRTUAL_INPUT_RECIPES:
        return _with_virtual_inputs(fields, settings.get("virtualInputs") or [])
    fields["inputs"] = _with_deps(fields.get("inputs"))
    return fields, _first_payload(prototype["type"], settings.get("script"))


def _with_virtual_inputs(
    fields: Document, refs: list[str]
) -> tuple[Document, str | None]:
    """Return what DSS makes of a join and its kin.

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
    if script is not None or recipe_type in CODE_RECIPES:
        return script
    return "" if recipe_type in PAYLOADLESS_RECIPES else "{}"


def _references(recipe: Document) -> Iterator[str]:
    yield from _refs(recipe.get("inputs"))
    yield from _refs(recipe.get("outputs"))


def _refs(roles: Any) -> Iterator[str]:
    for items in _items_by_role(roles).values():
        yield from (item["ref"] for item in items)


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
