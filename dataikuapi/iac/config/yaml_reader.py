"""Reads YAML into plain values, and remembers on which line each one is."""

from collections.abc import Hashable, Iterable
from typing import Any

import yaml

__all__ = ["Document", "InvalidYamlError", "parse_yaml"]

_STRING, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class InvalidYamlError(Exception):
    """A text is not valid YAML; ``line`` is the number of the line, from 1."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


class Document:
    """A parsed document.

    Attributes:
        data: the plain values; ``None`` for an empty document.
    """

    def __init__(self, data: Any, root: yaml.Node | None) -> None:
        self.data = data
        self._root = root

    def line_of(self, path: Iterable[str | int]) -> int:
        """Return the line of the value at a path, or of its innermost parent."""
        node, line = self._root, 1
        for segment in path:
            line, node = _child(node, segment) or (line, None)
            if node is None:
                break
        return line


def parse_yaml(text: str) -> Document:
    """Parse one document, with nothing but plain values in it.

    Raises:
        InvalidYamlError: if it is not valid YAML, or if a key is repeated or is not a
            string.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        return Document(None if root is None else loader.construct_document(root), root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InvalidYamlError(line, error.problem or "invalid YAML") from error
    except RecursionError as error:
        raise InvalidYamlError(1, "it is nested too deeply") from error
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Refuses repeated keys, of which YAML's own loader silently takes the last."""

    def __init__(self, text: str) -> None:
        try:
            super().__init__(text)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise InvalidYamlError(line, "a control character") from error

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value, if it is one: 2026-13-01 looks like a date and is none."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            raise _problem(node, f"{error}; put a text in quotes") from error

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        """Return the dict, if its keys are strings and differ."""
        seen = set()
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            if key.tag != _STRING:
                raise _problem(key, f"the key {key.value!r:.80} has to be in quotes")
            if key.value in seen:
                raise _problem(key, f"duplicate key {key.value!r:.80}; remove one")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _problem(node: yaml.Node, reason: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=reason, problem_mark=node.start_mark)


def _child(node: yaml.Node | None, segment: str | int) -> tuple[int, yaml.Node] | None:
    """Return what is at a key or an index, with the line where it begins."""
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):  # What is merged in comes first.
            if key.value == segment:
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(segment, int):
        child = node.value[segment]
        return child.start_mark.line + 1, child
    return None
