"""What is special to one resource type is said by the type, and nowhere else."""

import ast
from pathlib import Path

import pytest

import dataikuapi.iac
from dataikuapi.iac.types import TYPES, ResourceType, registry

ROOT = Path(dataikuapi.iac.__file__).parent

PLANNED = """
    variables flow_zone scenario managed_folder saved_model agent agent_tool
    knowledge_bank rag_model evaluation_store streaming_endpoint api_service notebook
    sql_notebook web_app dashboard insight wiki wiki_article library_file analysis
    ml_task statistics_worksheet app_manifest tag_palette connection code_env group
    project_folder plugin
    """.split()

NAMES = frozenset([*TYPES, *PLANNED])

# Who may know of one type: the rooms of the types, and data that is served or stored.
ROOMS = [
    ("types",),
    ("sandbox", "kinds"),
    ("sandbox", "samples"),
    ("backends", "conformance"),
]

# The file format has a key of the name of a type, in the entries of a scope.
FILE_FORMAT = {
    "models/scope.py": "project",
    "statefile/parts.py": "project",
    "backends/migration.py": "project",
    "config/file.py": "variables",
    "config/schema.py": "variables",
}

# Single types that are used by themselves: the contract's three, by the contract's
# facade and its readers. A project is what has the other objects in it, so anyone may
# need it.
SINGLE_TYPES = {
    "manager.py": {"PROJECT", "DATASET", "RECIPE"},
    "sync/dataset.py": {"DATASET"},
    "sync/recipe.py": {"RECIPE"},
}

DECIDES = (
    ast.Compare,
    ast.Set,
    ast.Dict,
    ast.Call,
    ast.keyword,
    ast.Subscript,
    ast.List,
    ast.Tuple,
    ast.MatchValue,
)


def modules():
    """Yield the modules that have to do with any type alike."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if not any(parts[: len(room)] == room for room in ROOMS):
            yield path


def decisions(tree):
    """Yield (line, name) where a literal name of a type decides something."""
    for node in ast.walk(tree):
        if not isinstance(node, DECIDES):
            continue
        children = (
            node.keys if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
        )
        for child in children:
            if (
                isinstance(child, ast.Constant)
                and str(child.value).rstrip(".") in NAMES
            ):
                yield child.lineno, child.value


@pytest.mark.parametrize(
    "path", list(modules()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_module_decides_by_the_name_of_a_type(path):
    where = path.relative_to(ROOT).as_posix()
    found = [
        (line, name)
        for line, name in decisions(ast.parse(path.read_text("utf-8")))
        if name != FILE_FORMAT.get(where)
    ]

    assert found == []


def single_types(tree):
    """Yield (line, name) where one type, or the module of one, is imported."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        package, _, module = str(node.module).rpartition(".types.")
        for alias in node.names:
            is_one = isinstance(getattr(registry, alias.name, None), ResourceType)
            if (package and (is_one or module in NAMES)) or (
                str(node.module).endswith(".types") and alias.name in NAMES
            ):
                yield node.lineno, alias.name


@pytest.mark.parametrize(
    "path", list(modules()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_module_takes_one_type(path):
    where = path.relative_to(ROOT).as_posix()
    found = {name for _, name in single_types(ast.parse(path.read_text("utf-8")))}

    assert found <= SINGLE_TYPES.get(where, {"PROJECT"})


@pytest.mark.parametrize(
    "code",
    [
        "from dataikuapi.iac.types.registry import RECIPE, TYPES",
        "from dataikuapi.iac.types.recipe import RecipeType",
        "from dataikuapi.iac.types.wiki import links",
        "from dataikuapi.iac.types import scenario",
    ],
)
def test_one_type_is_seen(code):
    assert list(single_types(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        'if kind == "dataset": pass',
        'x in {"recipe", "b"}',
        'TABLE = {"scenario": 1}',
        'read("project", key)',
        'read(kind="wiki")',
        'table["variables"]',
        'for kind in ("dataset", "recipe"): pass',
        'key.startswith("project.")',
    ],
)
def test_a_decision_is_seen(code):
    assert list(decisions(ast.parse(code)))
