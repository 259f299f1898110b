"""What one environment has, as another one is to have it: with its own values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.changes import (
    PathSegment,
    PathSegments,
    format_path,
    member_names,
)
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.pointers import with_value_at
from dataikuapi.iac.overlay.places import name_places
from dataikuapi.iac.types.lookup import is_environment_specific, sets_of, writing_of
from dataikuapi.iac.types.references import value_at
from dataikuapi.iac.types.sets import ItemKey, keys_of_lists

__all__ = ["Promoted", "Promotion", "promoted"]

_Tokens = tuple[str, ...]


class _Missing:
    """Where a version has no value."""


_MISSING = _Missing()


@dataclass(frozen=True)
class Promotion:
    """That what is wanted is what another environment has.

    Args:
        source: the name of that environment.
        places: what the overlay of the target sets, by the id of the object: names and
            positions on the way to each value.
    """

    source: str
    places: Mapping[str, frozenset[_Tokens]] = field(default_factory=dict)

    def translated(self, ids: Mapping[str, str]) -> "Promotion":
        """Return it for objects that have other ids.

        Args:
            ids: the new ones, by the old ones.
        """
        places = {ids.get(rid, rid): found for rid, found in self.places.items()}
        return replace(self, places=places)


class Promoted(NamedTuple):
    """What is wanted, with the values that the target has for itself.

    Args:
        state: what is wanted.
        left: the values that stay as they are, such as ``recipe.SHOP.r: params.x``.
    """

    state: State
    left: tuple[str, ...]


def promoted(code: State, live: State, promotion: Promotion) -> Promoted:
    """Return what another environment has, with what the target has for itself.

    Values that are specific to an environment are those of the target, unless its
    overlay says what they are. An object that it does not have yet gets those of the
    source, and is as inactive as its type says.

    Args:
        code: what is wanted; not modified.
        live: what the target has.
        promotion: what the overlay of the target sets.
    """
    resources, left = {}, []
    for resource in code:
        rid = resource.resource_id
        places = promotion.places.get(rid, frozenset())
        now = live.get_resource(rid)
        if now is not None:
            merge = _OwnValues(resource, now, places)
            attributes = merge.attributes()
            left += [f"{rid}: {path}" for path in merge.left]
        elif rid in live.unknown or not live.covers(rid):
            attributes = resource.attributes
        else:
            attributes = _begun(resource, places)
        resources[rid] = _with_attributes(resource, attributes)
    return Promoted(replace(code, resources=resources), tuple(left))


def _begun(resource: Resource, places: Iterable[_Tokens]) -> dict[str, JSON]:
    """Return the attributes with which an object is created."""
    attributes: JSON = resource.attributes
    for path, value in writing_of(resource.resource_type).starts_as.items():
        if not any(_is_at_or_above(tokens, path) for tokens in places):
            attributes = with_value_at(attributes, path, value)
    return cast(dict[str, JSON], attributes)


class _OwnValues:
    """Puts the values of the target into what is wanted.

    Args:
        code: what is wanted.
        live: what the target has.
        places: what the overlay of the target sets.

    Attributes:
        left: paths of the values that stay as they are.
    """

    def __init__(
        self, code: Resource, live: Resource, places: frozenset[_Tokens]
    ) -> None:
        self._code, self._live = code, live
        self._type = code.resource_type
        self._names = {place.tokens for place in name_places(code)}
        self._set = {*places, *_selections(code, places)}
        self._own: set[_Tokens] = set()
        self._decide()
        self.left: list[str] = []

    def attributes(self) -> dict[str, JSON]:
        """Return the attributes that are wanted."""
        versions = self._code.attributes, self._live.attributes
        return cast(dict[str, JSON], self._merged(*versions, (), ()))

    def _decide(self) -> None:
        """Find out which values stay together with one that others are read by."""
        for path, others in writing_of(self._type).decides.items():
            both = (self._code.attributes, self._live.attributes)
            if json_equal(*(value_at(each, *path) for each in both)):
                continue
            group = {path, *others}
            if any(self._sets(tokens) for tokens in group):
                self._set |= group
            else:
                self._own |= group

    def _sets(self, tokens: _Tokens) -> bool:
        """Return whether the overlay sets something at a place, or below."""
        return any(place[: len(tokens)] == tokens for place in self._set)

    def _merged(self, code: Any, live: Any, tokens: _Tokens, path: PathSegments) -> Any:
        if code is not _MISSING and live is not _MISSING and json_equal(code, live):
            return code
        if any(_is_at_or_above(place, tokens) for place in self._set):
            return code
        if self._is_own(tokens, path) and not self._sets(tokens):
            self.left.append(format_path(path))
            return live
        if isinstance(code, dict) and isinstance(live, dict):
            return self._objects(code, live, tokens, path)
        if isinstance(code, list) and isinstance(live, list):
            return self._lists(code, live, tokens, path)
        return code

    def _is_own(self, tokens: _Tokens, path: PathSegments) -> bool:
        if not path:
            return False
        names = member_names(path)
        is_own = is_environment_specific(self._type, names) or tokens in self._names
        return is_own or any(_is_at_or_above(place, names) for place in self._own)

    def _objects(
        self,
        code: dict[str, JSON],
        live: dict[str, JSON],
        tokens: _Tokens,
        path: PathSegments,
    ) -> dict[str, JSON]:
        found = {
            name: self._merged(
                code.get(name, _MISSING),
                live.get(name, _MISSING),
                (*tokens, name),
                (*path, PathSegment(name)),
            )
            for name in dict.fromkeys((*code, *live))
        }
        return {name: item for name, item in found.items() if item is not _MISSING}

    def _lists(
        self,
        code: list[JSON],
        live: list[JSON],
        tokens: _Tokens,
        path: PathSegments,
    ) -> list[JSON]:
        """Return the items of the code, each with the values of its partner."""
        keys = keys_of_lists([code, live], sets_of(self._type).get(member_names(path)))
        if keys is None and len(code) != len(live):
            return code
        if keys is None:  # An item that was edited is where it was.
            keys = [[ItemKey(str(place)) for place in range(len(code))]] * 2
        ours, theirs = keys
        partners = dict(zip(theirs, live, strict=True))
        result: list[JSON] = []
        for position, (key, item) in enumerate(zip(ours, code, strict=True)):
            if key in partners:
                segment = PathSegment(position, " ".join(filter(None, reversed(key))))
                place = (*tokens, str(position))
                merged = self._merged(item, partners[key], place, (*path, segment))
                result.append(merged)
            else:
                result.append(item)
        return result


def _selections(code: Resource, places: frozenset[_Tokens]) -> set[_Tokens]:
    """Return where something is selected of which the overlay sets the name.

    Whether it is used at all is said beside the name.
    """
    return {
        place.tokens[:-1]
        for place in name_places(code)
        if place.is_selected and place.is_used and place.tokens in places
    }


def _is_at_or_above(place: _Tokens, tokens: _Tokens) -> bool:
    return tokens[: len(place)] == place


def _with_attributes(resource: Resource, attributes: dict[str, JSON]) -> Resource:
    if attributes is resource.attributes:
        return resource
    metadata = replace(resource.metadata, checksum="")
    return replace(resource, attributes=attributes, metadata=metadata)
