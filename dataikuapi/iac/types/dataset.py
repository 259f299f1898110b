"""Datasets: their settings and schema, never their data."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import (
    Documents,
    Path,
    Project,
    ResourceType,
    Severities,
)
from dataikuapi.iac.types.cleaning import Constants, Volatile, with_defaults
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.references import (
    FLOW_TYPES,
    Fact,
    Reference,
    instance_reference_at,
    references_at,
    text_at,
    value_at,
)
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
    path_segment,
)
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["DatasetType"]

_FLOW_DEFAULTS: dict[str, JSON] = {"ignoreErrorStatusOnBuild": False}

_NO_LOOP: JSON = {
    "enabled": False,
    "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
    "replacements": [],
}


_OPTIONAL = {"params": dict, "schema": dict, "tags": list, "formatType": str}
_OF_RECIPES = ("inputs", "outputs")


_ORDER = """
    type managed featureGroup formatType checklists checks customMeta flowOptions
    readWriteOptions formatParams partitioning tags params schema typeSystemVersion
    dkuProperties metrics metricsChecks customFields
    """.split()
"""The members as DSS writes them to git."""


_PLACE = frozenset(
    ("params", name)
    for name in (
        "path",
        "bucket",
        "container",
        "catalog",
        "schema",
        "table",
    )
)
"""Where the data is stored. DSS does not move data when these change."""


class DatasetType(ResourceType):
    """A dataset. Its schema is tracked, even that of an output, which builds change.

    The listing has the full definitions, so one request reads all of a project.
    """

    name = "dataset"
    writing = Writing(
        takes_recipes=True,
        environment_specific=_PLACE,
        decides={("type",): (("params",), ("formatType",), ("formatParams",))},
        contents_after_delete="its data stays",
        droppable=True,
        writer=ListedWriter(
            "datasets/",
            "datasets/{name}",
            chosen="name",
            answer="",
            holds_data=True,
            rename_action="renameDataset",
        ),
    )
    requests = "1"
    layout = ObjectFolder("datasets", key="name", order=_ORDER)
    volatile: ClassVar[Volatile] = {
        ("metrics", "displayedState"): "UI state: which metrics are displayed",
        ("metricsChecks", "displayedState"): "UI state: which checks are displayed",
        ("checks", "displayedState"): "UI state: which checks are displayed",
        ("params", "uploadBoxId"): "temporary: DSS removes it seconds after an upload",
        ("schema", "userModified"): "set by every save of a schema, even by DSS itself",
    }
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/datasets/": ListShape(
            "name",
            ObjectShape(
                required={"type": str},
                optional=_OPTIONAL,
                identity={"projectKey": "project"},
                foreign=_OF_RECIPES,
            ),
        ),
        "/projects/{project}/datasets/{name}": ObjectShape(
            required={"name": str, "type": str},
            optional=_OPTIONAL,
            identity={"projectKey": "project", "name": "name"},
            foreign=_OF_RECIPES,
        ),
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "params": {},
        "schema": {"columns": []},
        "formatType": None,
        "tags": [],
        "featureGroup": False,
        "typeSystemVersion": "V1",
        "dkuProperties": [],
        "customFields": {},
    }

    constants: ClassVar[Constants] = {
        # Each is added by an upgrade or by the first save in a newer DSS.
        ("params", "sparkJdbcAccess"): ("NONE",),
        ("params", "numPartitions"): (-1,),
        ("params", "variablesExpansionLoopConfig"): (_NO_LOOP,),
        # An upgrade renames the former to the latter; neither runs any check.
        ("metricsChecks", "runOnBuild"): (False,),
        ("metricsChecks", "monitor"): (False,),
    }

    severities: ClassVar[Severities] = {
        ("type",): Severity.CONNECTION,
        ("params", "connection"): Severity.CONNECTION,
        ("schema",): Severity.SCHEMA,
        ("schema", "columns", "comment"): Severity.DESCRIPTION,
        ("schema", "columns", "isColumnEdited"): Severity.DESCRIPTION,
    }
    # In the histories of 104 repositories, 58.6 % of all modified datasets differ in
    # nothing else: their recipe was saved, or run.
    produced: ClassVar[frozenset[Path]] = frozenset({("schema",)})

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return full definitions; ``None`` for an item without params or schema."""
        items = expect_items(project.list_datasets(), "name")
        return {
            name: {self.main: item} if "params" in item and "schema" in item else None
            for name, item in items.items()
        }

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the definition, under ``document``."""
        settings = project.get_dataset(path_segment(name)).get_settings().settings
        return {self.main: expect_object(settings, "name", "type")}

    def refine(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Apply the defaults inside ``flowOptions``."""
        if isinstance(attributes.get("flowOptions"), dict):
            flow_options = cast(dict[str, JSON], attributes["flowOptions"])
            attributes["flowOptions"] = with_defaults(flow_options, _FLOW_DEFAULTS)
        return attributes

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return its connection, the folder of its files, and whose metrics it has.

        The connection of uploaded files is with the settings of these.
        """
        for path in (("params",), ("params", "uploadedConfig")):
            yield from instance_reference_at(
                attributes, "connection", *path, "connection"
            )
        yield from references_at(
            attributes, "managed_folder", "params", "folderSmartId"
        )
        yield from references_at(attributes, FLOW_TYPES, "params", "smartName")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return type, connection, and how many columns there are."""
        for label, *path in (("type", "type"), ("connection", "params", "connection")):
            if text_at(attributes, *path):
                yield Fact(label, (text_at(attributes, *path),))
        columns = value_at(attributes, "schema", "columns")
        if isinstance(columns, list):
            yield Fact("columns", (f"{len(columns)}",))
