"""Files of the project library: code, by its path."""

import base64
import hashlib
import json
import posixpath
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import (
    Documents,
    Identity,
    Path,
    Project,
    ResourceType,
    Severities,
)
from dataikuapi.iac.types.cleaning import ANY, Volatile, normalize_numbers
from dataikuapi.iac.types.layout import Files, Layout, json_file, json_in
from dataikuapi.iac.types.references import Fact
from dataikuapi.iac.types.requests import (
    get_json,
    path_segments,
    reading_listed,
    send,
)
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    UnexpectedShapeError,
    UnusableName,
    expect_items,
    expect_object,
    expect_type,
)
from dataikuapi.iac.types.writing import Writer, Writing

__all__ = ["LibraryFileType"]

_FOLDER = "lib"
_LINKS = "external-libraries.json"
"""Which folders are of a git repository, and where code is looked for."""

_LIBRARY = "libraries/contents"


class _LibraryFolder(Layout):
    """The files below ``lib``, less those of a git repository."""

    def names(self, files: Files) -> list[str]:
        """Return the paths below the folder."""
        names = [
            path.removeprefix(f"{_FOLDER}/")
            for path in files
            if path.startswith(f"{_FOLDER}/")
        ]
        path = f"{_FOLDER}/{_LINKS}"
        links = json_in(files, path) if path in files else {}
        try:
            return sorted(_own(names, links))
        except UnexpectedShapeError as error:
            raise SourceError(f"{path}: {error}") from error

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether the folder is there."""
        return any(path.startswith(f"{_FOLDER}/") for path in paths)

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the content as text, or its digest if it is none."""
        return {"document": _content(name, files[f"{_FOLDER}/{name}"])}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file; nothing if only its digest is known."""
        text, links = attributes.get("text"), attributes.get("links")
        if isinstance(links, dict):
            return {f"{_FOLDER}/{name}": json_file(links)}
        if not isinstance(text, str):
            return {}
        return {f"{_FOLDER}/{name}": text.encode()}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file if it is a text: no attributes hold another one's content."""
        path = f"{_FOLDER}/{name}"
        if path in files and "sha256" not in _content(name, files[path]):
            yield path


class _LibraryWriter(Writer):
    """A file is posted to its path, whether it is new or not, as it is."""

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the content."""
        self._post(project, name, documents)
        return name

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Post the new content."""
        self._post(project, name, new)
        return 1

    def delete(self, project: Project, name: str, drop_data: bool) -> None:
        """Delete the file; there is no trash."""
        send(project, "DELETE", f"{_LIBRARY}/{path_segments(name)}")

    def _post(self, project: Project, name: str, documents: Documents) -> None:
        document = documents["document"]
        text = document.get("text")
        if text is None:
            text = json.dumps(document["links"], ensure_ascii=False, indent=2)
        path = f"{_LIBRARY}/{path_segments(name)}"
        send(project, "POST", path, raw_body=text.encode())


class LibraryFileType(ResourceType):
    """A file of the library. What belongs to a git repository is left to that.

    A text is the attribute ``text``; of other files there is a digest. The file of
    links to repositories is parsed, as ``links``.
    """

    name = "library_file"
    writing = Writing(
        writer=_LibraryWriter(),
        unchangeable={
            ("sha256",): "only the digest of a file that is not text is known: copy it"
        },
    )
    requests = "1 + N, and one more for each file that is not text"
    identity = Identity.PATH
    layout = _LibraryFolder()
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/libraries/contents": ListShape("name", ObjectShape()),
        "/projects/{project}/libraries/contents/{name:path}": ObjectShape(),
    }
    volatile: ClassVar[Volatile] = {
        ("links", "gitReferences", ANY, member): reason
        for member, reason in (
            ("lastHash", "what was fetched last: in 119 of 237 edits"),
            ("isDirty", "the state of the copy"),
            ("conflictingFiles", "the state of the copy"),
            ("resolvedFiles", "the state of the copy"),
            ("faultyHash", "the state of the copy"),
        )
    }
    code: ClassVar[frozenset[Path]] = frozenset({("text",)})
    severities: ClassVar[Severities] = {
        ("text",): Severity.CODE,
        ("sha256",): Severity.CODE,
        ("links",): Severity.CODE,
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the paths in the tree; the file of links is read, too, to know it."""
        tree = get_json(project, _LIBRARY)
        paths = list(_paths(tree))
        if _LINKS not in paths:
            return dict.fromkeys(paths)
        with reading_listed(_LINKS):
            links = self.fetch_documents(project, _LINKS)
        owner = links[self.main].get("links")
        if owner is None:  # Such as conflict markers of git.
            raise UnexpectedShapeError(f"{_LINKS} is not JSON")
        found: dict[str, Documents | None] = dict.fromkeys(_own(paths, owner))
        return {**found, _LINKS: links}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the content, under ``document``."""
        path = f"{_LIBRARY}/{path_segments(name)}"
        text = _data_in(get_json(project, path))
        data = text.encode("utf-8", "surrogatepass")
        if _may_be_binary(text):
            encoded = get_json(project, f"{path}?dataEncoding=base64")
            data = _decoded(_data_in(encoded), data)
        return {self.main: _content(name, data)}

    def is_missing(self, error: Exception) -> bool:
        """Return whether there is a folder in its place."""
        return "Cannot read directory as file" in str(error)

    def canonical(
        self, document: dict[str, Any], redactor: Redactor
    ) -> dict[str, JSON]:
        """Return text, digest or links."""
        cleaned = cast(dict[str, JSON], normalize_numbers(document))
        return self.redact(self.without_noise(cleaned), redactor)

    def normal_name(self, name: str) -> str:
        """Return the path as the tree has it: DSS takes ``/a//b`` for ``a/b``."""
        return posixpath.normpath(f"/{name}").strip("/")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many lines it has."""
        text = attributes.get("text")
        if isinstance(text, str):
            yield Fact("lines", (f"{len(text.splitlines()):,}",))


def _paths(tree: Any, folder: str = "") -> Iterator[str]:
    for name, item in expect_items(tree, "name", without="/").items():
        path = name if isinstance(name, UnusableName) else f"{folder}{name}"
        if "children" in item and item["children"] is not None:
            yield from _paths(item["children"], f"{path}/")
        else:
            yield path


def _own(paths: Collection[str], links: Mapping[str, Any]) -> list[str]:
    """Return the paths that no git repository owns.

    Raises:
        UnexpectedShapeError: if the links do not say which folders these have.
    """
    references = links.get("gitReferences") or {}
    expect_type(references, dict, " under gitReferences")
    owned = [f"{key.strip('/')}/".lstrip("/") for key in references]
    return [
        path
        for path in paths
        if path == _LINKS or not any(path.startswith(folder) for folder in owned)
    ]


def _data_in(response: Any) -> str:
    data = expect_object(response).get("data")
    expect_type(data, str, " under data")
    return str(data)


def _may_be_binary(text: str) -> bool:
    """Return whether DSS may have put another character where it is not UTF-8."""
    return "\ufffd" in text or "\0" in text


def _decoded(text: str, otherwise: bytes) -> bytes:
    """Return the bytes; an older DSS does not know the encoding, and sends text."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return otherwise


def _content(path: str, data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"sha256": hashlib.sha256(data).hexdigest()}
    if "\0" in text:
        return {"sha256": hashlib.sha256(data).hexdigest()}
    if path == _LINKS:
        try:
            links = json.loads(text)
        except (ValueError, RecursionError):
            return {"text": text}
        if isinstance(links, dict):
            return {"links": links}
    return {"text": text}
