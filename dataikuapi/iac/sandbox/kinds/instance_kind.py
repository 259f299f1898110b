"""What a kind of object that is in no project says of itself.

Each is an :class:`InstanceKind`, in a file of its own and with a line in
:mod:`~dataikuapi.iac.sandbox.kinds.registry`, as the kinds inside of projects are. They
are in no git layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, required_object, required_text
from dataikuapi.iac.sandbox.kinds.base import Routes, done

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class InstanceKind:
    """A kind of object outside of projects, with what DSS does for most kinds.

    Args:
        label: what messages call it.
        path: of its list, for administrators.
        key: the field of a document with the id.
        always: the fields that every object has, with their defaults.
        initial: the objects that every instance has, by id.
        is_recent: whether only newer versions of DSS have this kind.
    """

    label: str
    path: str
    key: str = "name"
    always: Mapping[str, Any] = field(default_factory=dict)
    initial: Mapping[str, Document] = field(default_factory=dict)
    is_recent: bool = False

    def added_fields(self, object_id: str) -> Document:
        """Return the fields that say which object it is."""
        return {self.key: object_id}

    def routes(self) -> Routes:
        """Return the requests that DSS serves for this kind."""
        return {
            f"/{self.path}": {"GET": self.handle_list, "POST": self.handle_create},
            f"/{self.path}/{{id}}": {
                "GET": self.handle_get,
                "PUT": self.handle_put,
                "DELETE": self.handle_delete,
            },
        }

    def handle_list(self, request: ApiRequest) -> Any:
        """List the objects."""
        return request.administered_instance().documents(self)

    def handle_create(self, request: ApiRequest) -> Any:
        """Create an object under the id that the client chose."""
        instance = request.administered_instance()
        body = required_object(request.body, self.label)
        object_id = required_text(body, self.key, self.label)
        instance.add(self, object_id, **body)
        return done(f"Created {self.label} {object_id}")

    def handle_get(self, request: ApiRequest) -> Any:
        """Return one object."""
        return request.administered_instance().get(self, self.id_of(request))

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace one object."""
        instance, object_id = request.administered_instance(), self.id_of(request)
        instance.put(self, object_id, required_object(request.body, self.label))
        return done(f"Updated {self.label} {object_id}")

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete one object."""
        object_id = self.id_of(request)
        request.administered_instance().remove(self, object_id)
        return done(f"Deleted {self.label} {object_id}")

    def id_of(self, request: ApiRequest) -> str:
        """Return the id in the path of a request."""
        return request.path["id"]
