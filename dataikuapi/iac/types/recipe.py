"""Recipes with their payload: the script, or the settings of a visual recipe."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.changes import pointer_token
from dataikuapi.iac.models.json_values import JSON, find_unsupported
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import (
    Documents,
    Path,
    Project,
    ResourceType,
    Severities,
)
from dataikuapi.iac.types.cleaning import (
    ANY,
    PAGE_STATE,
    Constants,
    drop_anywhere,
    drop_constants,
    normalize_numbers,
)
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.mentions import mentions_in
from dataikuapi.iac.types.prepare_script import without_screen_state
from dataikuapi.iac.types.recipe_writer import RecipeWriter, recipe_users
from dataikuapi.iac.types.references import (
    FLOW_TYPES,
    Fact,
    Reference,
    Role,
    references_at,
    text_at,
    value_at,
)
from dataikuapi.iac.types.secrets import Redactor, redact
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    UnexpectedShapeError,
    expect_items,
    expect_object,
    expect_text,
    expect_type,
    path_segment,
)
from dataikuapi.iac.types.writing import Writing

__all__ = ["RecipeType"]

CODE_RECIPES = frozenset("""
    python cpython pyspark streaming_python r sparkr julia shell spark_scala
    streaming_spark_scala sql_query sql_script spark_sql_query hive impala ksql
    """.split())
"""Recipe types whose payload is a script; that of others is JSON text, or missing."""

_R_RECIPES = ("r", "sparkr")

_UI_STATE = frozenset("""
    $status $idx $selected $agg $withModalityMaxLength $latestOperator $filterOptions
    $showList __justDragDropped _refreshTrigger
    """.split())
"""Keys that the front end writes into payloads while a recipe is open.

Listed by name, not by the leading ``$``, which column names may have too.
"""

_ENGINE = ("params", "engineParams")
_READ = (*_ENGINE, ANY, "readParams")

# Keys that DSS adds to recipes that nobody edited, always with these values. Counts are
# of edits with nothing else in them, in the histories of 104 public repositories.
_DOCUMENT_CONSTANTS: Constants = {
    ("maxRunningActivities",): (0,),  # By an upgrade: 19.
    ("optionalDependencies",): (False,),  # It comes and goes: 5.
    ("params", "containerSelection"): ({"containerMode": "INHERIT"},),  # Upgrade: 8.
    ("params", "skipPrerunValidate"): (False,),  # By an upgrade: 2.
    ("inputs", ANY, "items", "deps", "expandVariables"): (False,),  # Upgrade: 1.
    # A save of a visual recipe adds an entry for each input: 78. Of 376 entries that
    # came or went, 375 had this value.
    (*_READ, "map", ANY): ({"repartition": 10}, {"repartition": 10, "cache": False}),
    # The others are added by upgrades: 23. An engine as a whole is compared to what
    # the constants above it have left.
    (*_READ, "map"): ({},),
    (*_READ, "mode"): ("AUTO",),
    (*_READ, "autoModeRepartitionInto"): (10,),
    _READ: ({},),
    (*_ENGINE, ANY, "useGlobalMetastore"): (False,),
    (*_ENGINE, ANY, "skipPrerunValidate"): (False,),
    (*_ENGINE, ANY, "executionEngine"): ("SPARK_SUBMIT",),
    (*_ENGINE, ANY, "useNativeProcessors"): (True,),
    (*_ENGINE, "hive"): (
        {
            "addDkuUdf": False,
            "executionEngine": "HIVESERVER2",
            "hiveconf": [],
            "inheritConf": "default",
        },
    ),
    (*_ENGINE, "impala"): ({"forceStreamMode": True},),
    (*_ENGINE, "sqlPipelineParams"): (
        {"pipelineAllowMerge": True, "pipelineAllowStart": True},
    ),
    (*_ENGINE, "synapseParams"): ({"usePolybase": False},),
    _ENGINE: ({},),
}

_KEPT: Constants = {("keptInputColumns",): ([],)}
_COMPUTED: Constants = {
    ("computedColumns",): ([],),
    ("outputColumnNameOverrides",): ({},),
}

# Keys of payloads that the first save in a newer DSS adds, by recipe type.
_PAYLOAD_CONSTANTS: Mapping[str, Constants] = {
    "prediction_scoring": _KEPT,
    "clustering_scoring": _KEPT,
    "join": _COMPUTED,
    "grouping": _COMPUTED,
    "window": _COMPUTED,
}


_OPTIONAL = {"inputs": dict, "outputs": dict, "params": dict, "tags": list}
_OF_DATASETS = ("schema", "formatType", "managed")


_ORDER = """
    type neverRecomputeExistingPartitions params customMeta redispatchPartitioning
    maxRunningActivities hashPropagationBehavior variables dkuProperties inputs outputs
    labels tags customFields checklists
    """.split()
"""The members as DSS writes them to git."""

_EXTENSIONS = {
    "python": "py",
    "cpython": "py",
    "pyspark": "py",
    "r": "r",
    "sparkr": "r",
    "sql_query": "sql",
    "sql_script": "sql",
    "spark_sql_query": "sql",
}
"""Of payload files; that of any other type is its name. 1,901 recipes were counted."""

_PAYLOAD_EXTENSIONS = frozenset("""
    py r sql julia shell spark_scala streaming_spark_scala streaming_python hive impala
    ksql shaker join fuzzyjoin geojoin grouping distinct window sort topn sampling split
    vstack pivot sync update upsert export download merge_folder list_folder_contents
    generate_features extract_failed_rows extract_content extract_fields evaluation
    standalone_evaluation prediction_training prediction_scoring clustering_training
    clustering_scoring clustering_cluster embed_documents embed_dataset prompt
    nlp_llm_rag_embedding nlp_llm_summarization nlp_llm_model_provided_classification
    nlp_llm_user_provided_classification nlp_llm_finetuning nlp_llm_evaluation
    nlp_agent_evaluation
    """.split())
"""Those that are known, in real projects and of the client.

A file beside a recipe that has another one is not taken for a payload of an earlier
type: it may be somebody's note.
"""


def _extension(document: Mapping[str, Any]) -> str | None:
    recipe_type = document.get("type")
    if not isinstance(recipe_type, str):
        return None
    return _EXTENSIONS.get(recipe_type, recipe_type)


class _RecipeShape:
    """The response for a recipe, which is without ``recipe`` if there is none."""

    recipe = ObjectShape(
        required={"name": str, "type": str},
        optional=_OPTIONAL,
        identity={"projectKey": "project", "name": "name"},
        foreign=_OF_DATASETS,
    )

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check a response; an object with another key is not that of a recipe."""
        expect_type(value, dict)
        if "recipe" in value:
            self.recipe.check(value["recipe"], requested)
            expect_text(value.get("payload"))
        elif value.keys() - {"payload"}:  # Such as a message that DSS is starting.
            raise UnexpectedShapeError("expected an object under recipe")


class RecipeType(ResourceType):
    """A recipe, made up of its document and its ``payload``, which DSS stores as text.

    The listing has neither params nor payload, so each recipe takes a request of its
    own. A visual recipe's payload is JSON whose keys DSS reorders, so it is parsed. A
    script is left as it is, and not searched for secrets.
    """

    name = "recipe"
    writing = Writing(
        users=recipe_users,
        contents_after_delete="its outputs stay",
        writer=RecipeWriter(
            "recipes/",
            "recipes/{name}",
            chosen="name",
            answer="name",
            rename_action="renameRecipe",
        ),
    )
    layout = ObjectFolder(
        "recipes",
        "name",
        extension=_extension,
        payload_extensions=_PAYLOAD_EXTENSIONS,
        parses_payload=lambda document: document.get("type") not in CODE_RECIPES,
        order=_ORDER,
    )
    places: ClassVar[Mapping[str, Path]] = {"payload": ("payload",)}
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/recipes/": ListShape(
            "name",
            ObjectShape(
                required={"type": str},
                optional=_OPTIONAL,
                identity={"projectKey": "project"},
                foreign=_OF_DATASETS,
            ),
        ),
        "/projects/{project}/recipes/{name}": _RecipeShape(),
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "inputs": {},
        "outputs": {},
        "params": {},
        "tags": [],
        "labels": [],
        "variables": {},
        "dkuProperties": [],
        "customFields": {},
        "hashPropagationBehavior": "INHERIT",
    }
    constants: ClassVar[Constants] = _DOCUMENT_CONSTANTS
    code: ClassVar[frozenset[Path]] = frozenset({("payload",)})
    severities: ClassVar[Severities] = {
        ("payload",): Severity.CODE,
        ("inputs",): Severity.CODE,
        ("outputs",): Severity.CODE,
        ("type",): Severity.CODE,
        ("params", "envSelection"): Severity.CONNECTION,
        ("params", "containerSelection"): Severity.CONNECTION,
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the names only; each recipe has to be fetched."""
        return dict.fromkeys(expect_items(project.list_recipes(), "name"))

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the recipe, under ``document``, and its ``payload``."""
        settings = project.get_recipe(path_segment(name)).get_settings()
        return {
            self.main: expect_object(settings.recipe_settings, "name", "type"),
            # Not .obj_payload: reading that property overwrites the text from DSS.
            "payload": expect_text(settings.str_payload),
        }

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return the configuration; with ``payload`` if there is a non-empty one."""
        attributes = super().attributes(documents, redactor)
        payload = documents.get("payload")
        if payload:
            attributes["payload"] = _payload(str(attributes["type"]), payload, redactor)
        return attributes

    def without_noise(self, attributes: dict[str, JSON]) -> dict[str, JSON]:
        """Clean the payload as well, if it is parsed; a script is a text."""
        cleaned = super().without_noise(attributes)
        if isinstance(cleaned.get("payload"), (dict, list)):
            recipe_type = str(cleaned.get("type"))
            cleaned["payload"] = _clean_payload(recipe_type, cleaned["payload"])
        return cleaned

    def is_missing(self, error: Exception) -> bool:
        """Return whether DSS responded with 200 but without the key ``recipe``."""
        return isinstance(error, KeyError) and error.args == ("recipe",)

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return inputs, outputs, and what parameters and payload mention."""
        for role in (Role.INPUT, Role.OUTPUT):
            yield from _flow_references(attributes, role)
        language = "r" if attributes.get("type") in _R_RECIPES else "python"
        for part in ("params", "payload"):
            yield from mentions_in(attributes.get(part), f"/{part}", language)

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return type, inputs and outputs."""
        if text_at(attributes, "type"):
            yield Fact("type", (text_at(attributes, "type"),))
        for role in (Role.INPUT, Role.OUTPUT):
            names = tuple(
                f"{item.project_key}.{item.name}" if item.project_key else item.name
                for item in _flow_references(attributes, role)
            )
            if names:
                yield Fact(f"{role.value}s", names)


def _flow_references(attributes: Mapping[str, JSON], role: Role) -> Iterator[Reference]:
    """Yield inputs or outputs, which do not say of which type they are."""
    ports = value_at(attributes, f"{role.value}s")
    for port, value in ports.items() if isinstance(ports, dict) else ():
        pointer = f"/{role.value}s/{pointer_token(port)}"
        yield from references_at(
            value, FLOW_TYPES, "items", "ref", role=role, pointer=pointer
        )


def _payload(recipe_type: str, text: str, redactor: Redactor) -> JSON:
    if recipe_type in CODE_RECIPES:
        return text
    try:
        parsed = json.loads(text)
    except RecursionError as error:
        raise UnsupportedValueError("payload: nested too deep to parse") from error
    except ValueError:
        return text  # A code recipe that is not in CODE_RECIPES yet.
    problem = find_unsupported(parsed, "payload")
    if problem:
        raise UnsupportedValueError(problem)
    cleaned = _clean_payload(recipe_type, normalize_numbers(parsed))
    return redact(cleaned, redactor, ("payload",))


def _clean_payload(recipe_type: str, payload: JSON) -> JSON:
    if isinstance(payload, dict):
        payload = drop_constants(payload, _PAYLOAD_CONSTANTS.get(recipe_type, {}))
        if recipe_type == "shaker":
            payload = without_screen_state(payload)
    return drop_anywhere(drop_anywhere(payload, PAGE_STATE), _UI_STATE)
