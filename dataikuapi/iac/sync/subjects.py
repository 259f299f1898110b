"""What a request is about, in error messages: an object, a listing, the instance."""

from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.types.registry import TYPES

__all__ = ["Listing", "describe"]


class Listing(ResourceId):
    """All objects of a type in a project, or on the instance.

    In place of an id, without the name: that such a listing does not exist says nothing
    of any object.
    """


def describe(subject: ResourceId | None) -> str:
    """Return a name for what was requested; ``None`` is the instance as a whole."""
    if subject is None:
        return "the instance"
    kind = TYPES.get(subject.resource_type)
    if not isinstance(subject, Listing) or kind is None or not kind.identity.is_named:
        return printable(str(subject))
    if subject.project_key == INSTANCE:
        return f"the {kind.plural} of the instance"
    return printable(f"the {kind.plural} of project {subject.project_key}")
