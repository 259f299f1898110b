"""The kinds of object that the sandbox serves, a line each."""

from __future__ import annotations

from dataikuapi.iac.sandbox.kinds.agent import AGENT, RAG_MODEL
from dataikuapi.iac.sandbox.kinds.agent_tool import AGENT_TOOL
from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.sandbox.kinds.api_service import API_SERVICE
from dataikuapi.iac.sandbox.kinds.app_manifest import APP_MANIFEST
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.code_env import CODE_ENV
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.dashboard import DASHBOARD
from dataikuapi.iac.sandbox.kinds.dataset import DATASET
from dataikuapi.iac.sandbox.kinds.evaluation_store import EVALUATION_STORE
from dataikuapi.iac.sandbox.kinds.flow_zone import FLOW_ZONE
from dataikuapi.iac.sandbox.kinds.group import GROUP
from dataikuapi.iac.sandbox.kinds.insight import INSIGHT
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind
from dataikuapi.iac.sandbox.kinds.knowledge_bank import KNOWLEDGE_BANK
from dataikuapi.iac.sandbox.kinds.library_file import LIBRARY_FILE
from dataikuapi.iac.sandbox.kinds.managed_folder import MANAGED_FOLDER
from dataikuapi.iac.sandbox.kinds.ml_task import ML_TASK
from dataikuapi.iac.sandbox.kinds.notebook import NOTEBOOK
from dataikuapi.iac.sandbox.kinds.plugin import PLUGIN
from dataikuapi.iac.sandbox.kinds.project import PROJECT
from dataikuapi.iac.sandbox.kinds.project_folder import PROJECT_FOLDER
from dataikuapi.iac.sandbox.kinds.recipe import RECIPE
from dataikuapi.iac.sandbox.kinds.saved_model import SAVED_MODEL
from dataikuapi.iac.sandbox.kinds.scenario import SCENARIO
from dataikuapi.iac.sandbox.kinds.sql_notebook import SQL_NOTEBOOK
from dataikuapi.iac.sandbox.kinds.statistics_worksheet import STATISTICS_WORKSHEET
from dataikuapi.iac.sandbox.kinds.streaming_endpoint import STREAMING_ENDPOINT
from dataikuapi.iac.sandbox.kinds.tag_palette import TAG_PALETTE
from dataikuapi.iac.sandbox.kinds.variables import VARIABLES
from dataikuapi.iac.sandbox.kinds.web_app import WEB_APP
from dataikuapi.iac.sandbox.kinds.wiki import WIKI
from dataikuapi.iac.sandbox.kinds.wiki_article import WIKI_ARTICLE

KINDS: tuple[Kind, ...] = (
    PROJECT,
    VARIABLES,
    DATASET,
    RECIPE,
    SCENARIO,
    FLOW_ZONE,
    MANAGED_FOLDER,
    SAVED_MODEL,
    EVALUATION_STORE,
    STREAMING_ENDPOINT,
    APP_MANIFEST,
    TAG_PALETTE,
    KNOWLEDGE_BANK,
    AGENT,
    AGENT_TOOL,
    RAG_MODEL,
    DASHBOARD,
    INSIGHT,
    ANALYSIS,
    ML_TASK,
    STATISTICS_WORKSHEET,
    LIBRARY_FILE,
    WEB_APP,
    API_SERVICE,
    WIKI,
    WIKI_ARTICLE,
    NOTEBOOK,
    SQL_NOTEBOOK,
)
"""Those inside of projects."""

INSTANCE_KINDS: tuple[InstanceKind, ...] = (
    CONNECTION,
    CODE_ENV,
    GROUP,
    PROJECT_FOLDER,
    PLUGIN,
)
"""Those outside of projects."""
