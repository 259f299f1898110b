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

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
ROW = re.compile(r"\| `(?P<part>\w+)` \|[^|]+\| (?P<others>[^|]+) \|")


def table():
    """Return what each part may import, as the table in CONTRIBUTING says.

    A part is a top-level module or package. What it may import in some functions or
    annotations alone is below.
    """
    text = CONTRIBUTING.read_text("utf-8")
    found = {row["part"]: row["others"] for row in ROW.finditer(text)}
    parts = {
        part: set(re.findall(r"`([\w.]+)`", others.partition("; ")[0]))
        for part, others in found.items()
    }
    parts["cli"] = parts.keys() - {"cli", "__main__", "testing", *parts["cli"]}
    return parts


MAY_IMPORT = table()

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


def test_nothing_may_be_imported_that_nobody_imports():
    used = {
        (name.partition(".")[0], imported)
        for name, path in modules()
        for imported, _ in imports(ast.parse(path.read_text("utf-8")))
    }
    for part in MAY_IMPORT.keys() - {"cli"}:
        for other in MAY_IMPORT[part]:
            assert any(
                name == part and f"{imported}.".startswith(f"{other}.")
                for name, imported in used
            ), f"{part} imports nothing of {other}"


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


PUBLIC = """
    Change ChangeType DatasetSync DiffEngine DriftReport IgnoreRule LocalFileBackend
    ProjectSync RecipeSync Resource ResourceDiff ResourceMetadata ResourceSync
    RetryPolicy Source State StateBackend StateManager ValueChangeType get_state_schema
    make_resource_id migrate open_backend open_source read_ignore_file render_flow
    render_html render_html_page render_json render_junit render_markdown render_text
    validate_state validate_state_safe
    """.split()


def test_public_names_are_these_and_all_exceptions():
    names = dataikuapi.iac.__all__
    assert names == sorted([*PUBLIC, *exceptions.__all__])
    for name in names:
        assert getattr(dataikuapi.iac, name).__doc__


def test_exception_tree_in_the_docstring_is_that_of_the_classes():
    above = ["DataikuException"]
    drawn = {}
    for branch in re.finditer(
        r"^ {4}([│ ]*)[├└]── (\w+)", exceptions.__doc__, re.MULTILINE
    ):
        depth = len(branch[1]) // 4 + 1
        above[depth:] = [branch[2]]
        drawn[branch[2]] = above[depth - 1]
    classes = [getattr(exceptions, name) for name in exceptions.__all__]
    bases = {
        item.__name__: [base.__name__ for base in item.__bases__] for item in classes
    }
    assert drawn.keys() == bases.keys()
    assert all(parent in bases[name] for name, parent in drawn.items())
