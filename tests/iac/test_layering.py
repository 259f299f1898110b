"""Layering: what each module may import, and where public names are."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dataikuapi.iac
from dataikuapi.iac import exceptions

ROOT = Path(dataikuapi.iac.__file__).parent
PREFIX = "dataikuapi.iac."

# What each part may import; a part is a top-level module or package.
MAY_IMPORT = {
    "exceptions": set(),
    "models": {"exceptions"},
    "alignment": set(),
    "console": set(),
    "files": {"console"},
    "schemas": {"exceptions"},
    "validation": {"exceptions"},
    "statefile": {"models", "validation", "exceptions"},
    # types: which attributes are unknown when missing.
    "merge": {"models", "types", "exceptions"},
    "outdated": {"merge", "models", "exceptions"},
    "partial_saves": {"merge", "models", "outdated"},
    "project_keys": {"live_ids", "models", "types"},
    "editing": {"merge", "models", "project_keys", "types", "exceptions"},
    "types": {"models", "exceptions"},
    # types: what looks like a secret.
    "ignore": {"files", "models", "types", "exceptions"},
    # types: what the attributes of each type mean.
    "analysis": {"models", "types"},
    "reports": {"alignment", "analysis", "console", "exceptions", "models"},
    "diff": {"alignment", "ignore", "models", "reports", "types"},
    # partial_saves: what a save of some projects replaces.
    "backends": {
        "console",
        "exceptions",
        "files",
        "models",
        "partial_saves",
        "statefile",
    },
    "sync": {"console", "merge", "types", "models", "exceptions"},
    "drift": {"analysis", "diff", "ignore", "models", "reports", "selection"},
    "state_store": {
        "backends.base",
        "backends.adapter",
        "console",
        "merge",
        "outdated",
        "partial_saves",
        "models",
        "exceptions",
    },
    # types: the names that the file may have.
    "config": {
        "backends",
        "ignore",
        "models",
        "overlay",
        "schemas",
        "types",
        "exceptions",
    },
    # ignore: patterns of ids. types: where names of connections are.
    "overlay": {"ignore", "models", "types", "exceptions"},
    "sources": {"console", "files", "live_ids", "models", "types", "exceptions"},
    # diff, analysis: what differs, and what refers to what. merge: whether two
    # instances are the same. overlay: where names of connections are.
    # analysis: what refers to what.
    "live_ids": {"analysis", "models", "types"},
    "plan": {
        "analysis",
        "diff",
        "exceptions",
        "files",
        "ignore",
        "live_ids",
        "merge",
        "models",
        "overlay",
        "reports",
        "statefile",
        "types",
        "validation",
    },
    "planning": {
        "exceptions",
        "live_ids",
        "merge",
        "models",
        "plan",
        "state_reader",
        "state_store",
        "sync",
        "types",
    },
    "apply": {
        "analysis",
        "console",
        "diff",
        "exceptions",
        "live_ids",
        "manager",
        "models",
        "plan",
        "state_store",
        "sync",
        "types",
    },
    "selection": {"ignore", "models", "types", "exceptions"},
    "state_reader": {"selection", "sync", "models"},
    "drift_reading": {
        "diff",
        "drift",
        "merge",
        "models",
        "selection",
        "state_reader",
        "sync",
    },
    # backends.local and config only for StateManager.local and from_config:
    # docs/decisions/0015.
    "manager": {
        "backends.local",
        "config",
        "drift",
        "drift_reading",
        "ignore",
        "selection",
        "state_reader",
        "state_store",
        "backends.base",
        "plan",
        "planning",
        "sync",
        "diff",
        "models",
        "types",
    },
    # sync: whether a request is refused, for want of a right.
    "prechecks": {"exceptions", "manager", "models", "plan", "sync", "types"},
    "source_grammar": {
        "backends",
        "config",
        "editing",
        "exceptions",
        "manager",
        "models",
        "sources",
        "sync",
        "types",
    },
    # Everything but the sandbox.
    "cli": {
        "analysis",
        "apply",
        "backends",
        "console",
        "config",
        "diff",
        "drift",
        "exceptions",
        "ignore",
        "live_ids",
        "manager",
        "models",
        "reports",
        "editing",
        "merge",
        "overlay",
        "plan",
        "prechecks",
        "project_keys",
        "schemas",
        "source_grammar",
        "sources",
        "sync",
        "types",
    },
    "__main__": {"cli"},
    "sandbox": set(),
    "testing": {"sandbox"},
}


# What a part may import only inside functions of that name: a model is rendered for a
# notebook, as a table or as text by the reports, see docs/decisions/0021.
MAY_IMPORT_INSIDE = {
    ("backends", "_repr_html_"): {"reports"},
    ("models", "_repr_html_"): {"reports"},
    ("models", "__str__"): {"reports"},
    ("models", "to_dataframe"): {"reports"},
}

# What a part may import for annotations alone, which no program executes: SyncError has
# the state of what could be read.
MAY_IMPORT_TO_ANNOTATE = {"exceptions": {"models"}}


def modules():
    """Yield the name inside iac and the path of each module, except the root."""
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        if relative.parts[:2] == ("sandbox", "samples") and len(relative.parts) > 3:
            continue  # Recipes of the sample project: data.
        if relative.parts != ("__init__.py",):
            yield ".".join(relative.with_suffix("").parts), path


def imports(node, function=None):
    """Yield the modules of iac that are imported, each with the function around it.

    Around what is imported for annotations alone, that is ``TYPE_CHECKING``.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            names = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom):
            assert child.module and child.level == 0, "relative import"
            names = [child.module]
        else:
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from imports(child, child.name)
            elif (
                isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            ):
                yield from imports(child, "TYPE_CHECKING")
            else:
                yield from imports(child, function)
            continue
        for name in names:
            if name.startswith(PREFIX):
                yield name[len(PREFIX) :], function


@pytest.mark.parametrize(
    ("name", "path"), [pytest.param(*module, id=module[0]) for module in modules()]
)
def test_imports_point_down(name, path):
    part = name.partition(".")[0]
    for imported, function in imports(ast.parse(path.read_text("utf-8"))):
        others = MAY_IMPORT[part] | MAY_IMPORT_INSIDE.get((part, function), set())
        if function == "TYPE_CHECKING":
            others |= MAY_IMPORT_TO_ANNOTATE.get(part, set())
        allowed = imported.partition(".")[0] == part or any(
            imported == other or imported.startswith(f"{other}.") for other in others
        )
        assert allowed, f"{name} imports {imported}"


def test_importing_the_client_does_not_import_this_library():
    code = "import sys, dataikuapi; print([m for m in sys.modules if '.iac' in m])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_importing_this_library_does_not_import_the_sandbox():
    code = (
        "import sys, dataikuapi.iac; print([m for m in sys.modules if 'sandbox' in m])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_importing_this_library_does_not_import_what_only_the_command_line_needs():
    code = (
        "import sys, dataikuapi.iac; "
        "print({'click', 'yaml', 'dataikuapi.iac.cli', 'dataikuapi.iac.config'} "
        "& set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert result.stdout.strip() == "set()", result.stderr


def test_files_are_small():
    for name, path in modules():
        assert len(path.read_text("utf-8").splitlines()) <= 350, name


def test_files_of_tests_are_small():
    for path in Path(__file__).parents[1].rglob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 500, path.name


CONTRACT = {
    "models.state": "State Resource ResourceMetadata make_resource_id",
    "models.diff": "ChangeType ResourceDiff",
    "exceptions": "DataikuIaCError StateNotFoundError StateCorruptedError "
    "StateWriteError ResourceNotFoundError",
    "backends.base": "StateBackend",
    "backends.local": "LocalFileBackend",
    "sync.base": "ResourceSync",
    "sync.project": "ProjectSync",
    "sync.dataset": "DatasetSync",
    "sync.recipe": "RecipeSync",
    "diff": "DiffEngine ResourceDiff ChangeType",
    "manager": "StateManager",
    "validation": "validate_state",
}


@pytest.mark.parametrize("module", CONTRACT)
def test_contract_names_can_be_imported(module):
    found = importlib.import_module(PREFIX + module)
    for name in CONTRACT[module].split():
        assert getattr(found, name) is getattr(dataikuapi.iac, name)
        assert name in dataikuapi.iac.__all__


def test_public_names_are_sorted_and_documented():
    names = dataikuapi.iac.__all__
    assert names == sorted(names)
    for name in names:
        assert getattr(dataikuapi.iac, name).__doc__


def test_exception_tree_in_the_docstring_is_complete():
    drawn = re.findall(r"[├└]── (\w+)", exceptions.__doc__)
    assert sorted(drawn) == sorted(exceptions.__all__)
