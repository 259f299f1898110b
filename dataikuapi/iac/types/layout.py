"""Where objects lie in the layout in which DSS commits a project to git.

A layout turns files into the documents that DSS returns for an object, and attributes
into files. It does no I/O: files are contents by path, relative to the project's folder
and with forward slashes.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.models.json_values import JSON

__all__ = [
    "Files",
    "Layout",
    "ObjectFolder",
    "SingleFile",
    "json_file",
    "json_in",
    "text_in",
]

Files = Mapping[str, bytes]
"""Contents by path; reading one may fail with a SourceError."""

Extension = Callable[[Mapping[str, Any]], str | None]
"""Returns the extension of an object's payload file; ``None`` if it has none."""


class Layout(ABC):
    """Where the objects of one type lie."""

    @abstractmethod
    def names(self, files: Files) -> list[str]:
        """Return the names or ids of the objects; "" for the only one of a project.

        Args:
            files: of the project.

        Raises:
            SourceError: if a file that decides is not what DSS writes.
        """

    @abstractmethod
    def covers(self, paths: Collection[str]) -> bool:
        """Return whether there is a place for such objects among these paths."""

    @abstractmethod
    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the documents of an object, as DSS returns them.

        Args:
            files: of the project.
            project_key: of the project; DSS adds it to the documents.
            name: of the object.

        Raises:
            SourceError: if a file is not readable, or not what DSS writes.
        """

    @abstractmethod
    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the files of an object with these attributes."""

    @abstractmethod
    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the paths of the files that are an object's, stale ones included.

        Local files are not among them, nor any file that only lies beside its own.

        Args:
            files: of the project. A document among them that cannot be read is no
                error.
            name: of the object; it need not exist.
        """

    def local_files(
        self, name: str, attributes: Mapping[str, JSON]
    ) -> dict[str, bytes]:
        """Return files of an object that hold for one instance only.

        They are not part of :meth:`files`, and an object is complete without them.
        """
        return {}

    def stale_files(self, files: Files, name: str) -> Iterator[str]:
        """Yield the paths of files that DSS left behind, and does not read anymore."""
        return iter(())


@dataclass(frozen=True)
class ObjectFolder(Layout):
    """One JSON file for each object in a folder, and perhaps a payload beside it.

    Args:
        folder: of the project, e.g. ``recipes``.
        key: the member that has the name or id over the API, and not in the file.
        extension: of the payload; ``None`` for objects without one.
        payload_extensions: those that payloads in the folder are known to have.
        parses_payload: returns whether the payload is parsed where it is JSON; ``None``
            if it is a text in any case.
        order: members in the order in which DSS writes them; others follow, sorted.
        has_project_key: whether the API adds the key of the project.
        owns: returns whether a document is of the type; ``None`` if all in the folder
            are.
    """

    folder: str
    key: str = "id"
    extension: Extension | None = None
    payload_extensions: Collection[str] = ()
    parses_payload: Callable[[Mapping[str, Any]], bool] | None = None
    order: Sequence[str] = ()
    has_project_key: bool = True
    owns: Callable[[Mapping[str, Any]], bool] | None = None

    def names(self, files: Files) -> list[str]:
        """Return the names of the JSON files in the folder."""
        pattern = re.compile(re.escape(self.folder) + r"/([^/]+)\.json")
        found = sorted(match[1] for match in map(pattern.fullmatch, files) if match)
        if self.owns is None:
            return found
        return [
            name
            for name in found
            if self.owns(json_in(files, f"{self.folder}/{name}.json"))
        ]

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether the folder is there."""
        return any(path.startswith(f"{self.folder}/") for path in paths)

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the document with what the API adds to it, and the payload."""
        document = json_in(files, f"{self.folder}/{name}.json")
        added = {self.key: name}
        if self.has_project_key:
            added["projectKey"] = project_key
        documents: dict[str, Any] = {"document": {**document, **added}}
        path = self._payload_path(name, document)
        if path is not None and path in files:
            documents["payload"] = text_in(files, path)
        return documents

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the JSON file, and the payload's if there is one."""
        path = self._payload_path(name, attributes)
        added = {self.key}
        if self.has_project_key:
            added.add("projectKey")
        if path is not None:
            added.add("payload")
        document = {key: item for key, item in attributes.items() if key not in added}
        found = {f"{self.folder}/{name}.json": json_file(document, self.order)}
        if path is not None:
            is_parsed = self.parses_payload is not None and self.parses_payload(
                document
            )
            found[path] = _payload_bytes(attributes.get("payload", ""), is_parsed)
        return found

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the JSON file, and the payloads of any extension."""
        own = f"{self.folder}/{name}.json"
        if own not in files:
            return
        yield own
        if self.extension is None:
            return
        current = None
        with suppress(SourceError):  # So it does not say of which type its payload is.
            current = self._payload_path(name, json_in(files, own))
        if current is not None and current in files:
            yield current
        yield from self._payloads_except(current, files, name)

    def stale_files(self, files: Files, name: str) -> Iterator[str]:
        """Yield payloads of another extension than the object's type has now.

        Changing the type of a recipe leaves its old payload behind.
        """
        if self.extension is not None:
            document = json_in(files, f"{self.folder}/{name}.json")
            current = self._payload_path(name, document)
            yield from self._payloads_except(current, files, name)

    def _payloads_except(
        self, current: str | None, files: Files, name: str
    ) -> Iterator[str]:
        for extension in sorted(self.payload_extensions):
            path = f"{self.folder}/{name}.{extension}"
            if path != current and path in files:
                yield path

    def _payload_path(self, name: str, document: Mapping[str, Any]) -> str | None:
        extension = self.extension(document) if self.extension else None
        if extension in (None, "json"):  # The latter is that of the document itself.
            return None
        return f"{self.folder}/{name}.{extension}"


@dataclass(frozen=True)
class SingleFile(Layout):
    """One JSON file for the only object that a project has of a type.

    Args:
        path: of the file.
        order: see :class:`ObjectFolder`.
        default: the document of a project without the file; ``None`` if it does not
            have the object then.
    """

    path: str
    order: Sequence[str] = ()
    default: Mapping[str, Any] | None = None

    def names(self, files: Files) -> list[str]:
        """Return "" if there is the file, or does not have to be."""
        return [""] if self.path in files or self.default is not None else []

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether there is the file, or does not have to be."""
        return self.path in paths or self.default is not None

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the document."""
        if self.path not in files and self.default is not None:
            return {"document": dict(self.default)}
        return {"document": json_in(files, self.path)}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file."""
        return {self.path: json_file(attributes, self.order)}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file."""
        if self.path in files:
            yield self.path


def text_in(files: Files, path: str) -> str:
    """Return the text of a file.

    Raises:
        SourceError: if it is not UTF-8.
    """
    try:
        return files[path].decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text: {error}") from error


def json_in(
    files: Files, path: str, loads: Callable[[str], Any] = json.loads
) -> dict[str, Any]:
    """Return the JSON object in a file.

    Args:
        files: of the project.
        path: of the file.
        loads: parses its text, or raises ValueError.

    Raises:
        SourceError: if it is not one.
    """
    try:
        document = loads(text_in(files, path))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise SourceError(f"{path} is not a JSON object")
    return document


def json_file(document: Mapping[str, JSON], order: Sequence[str] = ()) -> bytes:
    """Return a document as a file: indented by two spaces, with a final newline.

    Args:
        document: its members are written in this order, and others after them, sorted.
        order: names of members.
    """
    names = [name for name in order if name in document]
    names += sorted(set(document) - set(names))
    return _json_bytes({name: _sorted_keys(document[name]) for name in names})


def _json_bytes(value: JSON) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _sorted_keys(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_sorted_keys(item) for item in value]
    if isinstance(value, dict):
        return {name: _sorted_keys(value[name]) for name in sorted(value)}
    return value


def _payload_bytes(payload: JSON, is_parsed: bool) -> bytes:
    """Return a payload as a file that is read as that payload again."""
    if isinstance(payload, str) and not (is_parsed and _is_json(payload)):
        return payload.encode()
    return _json_bytes(_sorted_keys(payload))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
