"""The resource types, a line each."""

from dataikuapi.iac.types.agent import AgentType
from dataikuapi.iac.types.agent_tool import AgentToolType
from dataikuapi.iac.types.analysis import AnalysisType
from dataikuapi.iac.types.api_service import ApiServiceType
from dataikuapi.iac.types.app_manifest import AppManifestType
from dataikuapi.iac.types.base import ResourceType
from dataikuapi.iac.types.code_env import CodeEnvType
from dataikuapi.iac.types.connection import ConnectionType
from dataikuapi.iac.types.dashboard import DashboardType
from dataikuapi.iac.types.dataset import DatasetType
from dataikuapi.iac.types.evaluation_store import EvaluationStoreType
from dataikuapi.iac.types.flow_zone import FlowZoneType
from dataikuapi.iac.types.group import GroupType
from dataikuapi.iac.types.insight import InsightType
from dataikuapi.iac.types.knowledge_bank import KnowledgeBankType
from dataikuapi.iac.types.library_file import LibraryFileType
from dataikuapi.iac.types.managed_folder import ManagedFolderType
from dataikuapi.iac.types.ml_task import MLTaskType
from dataikuapi.iac.types.notebook import NotebookType
from dataikuapi.iac.types.plugin import PluginType
from dataikuapi.iac.types.project import ProjectType
from dataikuapi.iac.types.project_folder import ProjectFolderType
from dataikuapi.iac.types.rag_model import RagModelType
from dataikuapi.iac.types.recipe import RecipeType
from dataikuapi.iac.types.saved_model import SavedModelType
from dataikuapi.iac.types.scenario import ScenarioType
from dataikuapi.iac.types.sql_notebook import SqlNotebookType
from dataikuapi.iac.types.statistics_worksheet import StatisticsWorksheetType
from dataikuapi.iac.types.streaming_endpoint import StreamingEndpointType
from dataikuapi.iac.types.tag_palette import TagPaletteType
from dataikuapi.iac.types.variables import VariablesType
from dataikuapi.iac.types.web_app import WebAppType
from dataikuapi.iac.types.wiki import WikiType
from dataikuapi.iac.types.wiki_article import WikiArticleType

__all__ = [
    "CORE_TYPES",
    "DATASET",
    "PROJECT",
    "RECIPE",
    "TYPES",
    "default_types",
]

PROJECT = ProjectType()
DATASET = DatasetType()
RECIPE = RecipeType()

CORE_TYPES = (PROJECT, DATASET, RECIPE)
"""The types that a manager reads by default if its client is not a DSSClient."""

TYPES: dict[str, ResourceType] = {
    kind.name: kind
    for kind in (
        PROJECT,
        DATASET,
        RECIPE,
        ScenarioType(),
        FlowZoneType(),
        VariablesType(),
        ManagedFolderType(),
        SavedModelType(),
        EvaluationStoreType(),
        StreamingEndpointType(),
        AppManifestType(),
        TagPaletteType(),
        KnowledgeBankType(),
        AgentType(),
        AgentToolType(),
        RagModelType(),
        DashboardType(),
        InsightType(),
        AnalysisType(),
        MLTaskType(),
        StatisticsWorksheetType(),
        ConnectionType(),
        CodeEnvType(),
        GroupType(),
        ProjectFolderType(),
        PluginType(),
        LibraryFileType(),
        WebAppType(),
        ApiServiceType(),
        WikiType(),
        WikiArticleType(),
        NotebookType(),
        SqlNotebookType(),
    )
}
"""By name. The project comes first, before the types of the objects inside."""


def default_types() -> list[str]:
    """Return the names of the types that are read if nobody says which."""
    return [name for name, kind in TYPES.items() if kind.is_watched_by_default]
