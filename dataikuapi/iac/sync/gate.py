"""Checks each response where it arrives, before the client builds handles from it."""

from collections.abc import Callable, Iterable
from typing import Any

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.sync.error_response import ForeignResponseError
from dataikuapi.iac.sync.shared_responses import SharedResponses
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.shapes import Shape, UnexpectedShapeError, match_path

__all__ = ["ResponseGate"]

PerformJson = Callable[..., Any]


class ResponseGate:
    """Stands in for the method of a client that requests JSON.

    Args:
        perform_json: the client's own method.
        is_by_dss: returns whether the last response came from DSS.
        shared: responses that other threads may have received already.
    """

    def __init__(
        self,
        perform_json: PerformJson,
        is_by_dss: Callable[[], bool],
        shared: SharedResponses,
    ) -> None:
        self._perform_json = perform_json
        self._is_by_dss = is_by_dss
        self._shared = shared

    @classmethod
    def close(
        cls, client: DSSClient, is_by_dss: Callable[[], bool], shared: SharedResponses
    ) -> None:
        """Let only checked responses through to a client.

        One whose responses are made up, by a method of its own, keeps them.
        """
        if "_perform_json" not in vars(client):
            client._perform_json = cls(client._perform_json, is_by_dss, shared)

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        """Make a request and return the JSON.

        Raises:
            UnexpectedShapeError: if it is not a response to that request.
            ForeignResponseError: if it is not from DSS.
        """
        if method == "GET":
            return self._shared.get(path, lambda: self._perform(method, path, options))
        return self._perform(method, path, options)

    def _perform(self, method: str, path: str, options: dict[str, Any]) -> Any:
        value = self._perform_json(method, path, **options)
        if method == "GET":
            _check(path, value)
        if not self._is_by_dss():
            raise ForeignResponseError
        return value


def _check(path: str, value: Any) -> None:
    if not isinstance(value, (dict, list)):
        raise UnexpectedShapeError("expected an object or an array")
    found = [
        (requested, shape)
        for template, shape in _shapes()
        if (requested := match_path(template, path)) is not None
    ]
    # A literal segment goes before a parameter: tools is not the id of an agent.
    fewest = min((len(requested) for requested, _ in found), default=0)
    for requested, shape in found:
        if len(requested) == fewest:
            shape.check(value, requested)


def _shapes() -> Iterable[tuple[str, Shape]]:
    return (item for kind in TYPES.values() for item in kind.responses.items())
