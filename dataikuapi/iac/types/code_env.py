"""Code environments: interpreter and requested packages, not what was installed."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Identity, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.instance_type import Client, InstanceType
from dataikuapi.iac.types.references import Fact, text_at
from dataikuapi.iac.types.requests import get_instance_json
from dataikuapi.iac.types.sets import Sets, by_group_or_user, by_value
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    expect_type,
    path_segment,
)

__all__ = ["CodeEnvType"]

_LISTING = "admin/code-envs/"
_TAGS = ("versionTag", "creationTag")
_BOOKKEEPING = "bookkeeping"


class CodeEnvType(InstanceType):
    """A code environment, by language and name: ``code_env.@instance.python/py39``.

    Those of an automation node have their packages by version, elsewhere in the
    document, which is read as it is.
    """

    name = "code_env"
    plural = "code environments"
    overlay_section = "code_envs"
    is_selected = True
    identity = Identity.PATH
    volatile: ClassVar[Volatile] = {
        ("definition", "actualPackageList"): "what the last build installed",
        ("definition", "mandatoryPackageList"): "what this version of DSS requires",
        ("definition", "isUptodate"): "whether it was built since it was changed",
        ("definition", "path"): "where it is on this machine",
        ("definition", "desc", "versionTag"): _BOOKKEEPING,
        ("definition", "desc", "creationTag"): _BOOKKEEPING,
    }
    responses: ClassVar[Mapping[str, Shape]] = {
        f"/{_LISTING}": ListShape("envName", ObjectShape(required={"envLang": str})),
        f"/{_LISTING}{{language}}/{{name}}": ObjectShape(
            optional={"desc": dict, "specPackageList": str},
            identity={"envLang": "language", "envName": "name"},
        ),
    }
    shared_responses: ClassVar[frozenset[str]] = frozenset({f"/{_LISTING}"})
    definition_defaults: ClassVar[Mapping[str, JSON]] = {
        "deploymentMode": "",
        "desc": {},
        "specPackageList": "",
        "specCondaEnvironment": "",
    }
    sets: ClassVar[Sets] = {
        ("definition", "permissions"): by_group_or_user,
        ("definition", "desc", "containerConfs"): by_value,
    }
    severities: ClassVar[Severities] = {
        ("definition",): Severity.CODE,
        ("definition", "permissions"): Severity.PERMISSIONS,
        ("definition", "usableByAll"): Severity.PERMISSIONS,
        ("definition", "owner"): Severity.PERMISSIONS,
        ("definition", "desc", "owner"): Severity.PERMISSIONS,
    }

    def list_documents(self, project: Client) -> dict[str, Documents | None]:
        """Return languages and names only; each environment has to be fetched."""
        return dict.fromkeys(self.list_names(project))

    def list_names(self, client: Client) -> dict[str, Documents]:
        """Return languages and names, as far as the key may list them."""
        listed = get_instance_json(client, _LISTING)
        expect_type(listed, list)
        items = [{**expect_object(item, "envLang"), "id": _id(item)} for item in listed]
        return {
            name: {self.main: _summary(item)}
            for name, item in expect_items(items, "id").items()
        }

    def fetch_documents(self, project: Client, name: str) -> Documents:
        """Return language, name and definition."""
        language, slash, env = name.partition("/")
        if not slash:
            raise ResourceNotFoundError(
                f"there is no code environment {name[:200]}: its id is the language, a "
                "slash and the name, such as python/py39"
            )
        path = f"{path_segment(language.upper())}/{path_segment(env)}"
        document = expect_object(get_instance_json(project, _LISTING + path))
        named = {"envLang": language.upper(), "envName": env, **document}
        definition = {
            key: value
            for key, value in document.items()
            if key not in ("envLang", "envName", *_TAGS)
        }
        return {self.main: _summary(named), "definition": definition}

    def name_in_documents(self, name: str) -> str:
        """Return the name without the language, which the object that uses it has."""
        return name.partition("/")[2]

    def is_named_in(self, member: str) -> bool:
        """Return whether it is the name in a selection, in whatever case."""
        return member.lower() == "envname"

    def is_missing(self, error: Exception) -> bool:
        """Return whether its description is missing; so it is after a failed build."""
        return "Not a file:" in str(error)

    def normal_name(self, name: str) -> str:
        """Return the name with its language in lower case, as listed ones have it."""
        language, slash, env = name.partition("/")
        return f"{language.lower()}/{env}" if slash else name

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return interpreter, and how many packages are requested."""
        interpreter = text_at(attributes, "definition", "desc", "pythonInterpreter")
        if interpreter:
            yield Fact("interpreter", (interpreter,))
        packages = text_at(attributes, "definition", "specPackageList").split("\n")
        count = len([line for line in packages if line.strip()])
        if count:
            yield Fact("packages", (f"{count}",))


def _id(item: Mapping[str, Any]) -> Any:
    name = item.get("envName")
    is_named = isinstance(name, str) and name
    return f"{item['envLang'].lower()}/{name}" if is_named else name


def _summary(document: Mapping[str, Any]) -> dict[str, Any]:
    tags = {tag: document[tag] for tag in _TAGS if tag in document}
    return {"name": document["envName"], "language": document["envLang"], **tags}
