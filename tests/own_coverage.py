"""Fails where tests of a module's own cover less than 90 % of it.

What other tests happen to run of a module does not count. Reads the contexts that a
run of the measured tests recorded (``pytest -m measured --cov=dataikuapi.iac
--cov-context=test``): to measure what they cover more than doubles the time of tests,
so the others run without. A line counts if a test in the named file ran it, or if
importing the module runs it: it stands outside of all functions. So the share is at
most what ``pytest tests/iac/test_x.py --cov=dataikuapi.iac.x`` gives, which runs
nothing else.
"""

import ast
import re
import sys
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
REQUIRED = 90
TESTED_BY: dict[str, str] = {
    "analysis/causes.py": "test_causes.py",
    "analysis/facts.py": "test_analysis.py",
    "analysis/flow.py": "test_flow.py",
    "analysis/picture.py": "test_flow_picture.py",
    "analysis/grouping.py": "test_grouping.py",
    "analysis/hiding.py": "test_causes.py",
    "analysis/renames.py": "test_renames.py",
    "analysis/review.py": "test_ignore_baseline.py",
    "analysis/summary.py": "test_fact_reports.py",
    "analysis/weights.py": "test_weights.py",
    "apply/comparing.py": "test_apply(_ids|_meanwhile|_recovery|_renames|_types)?.py",
    "apply/creating.py": "test_apply(_ids|_meanwhile|_recovery|_safety|_types)?.py",
    "apply/engine.py": "test_apply.py",
    "apply/executing.py": "test_apply(_meanwhile|_recovery|_renames|_safety)?.py",
    "apply/lanes.py": "test_apply.py",
    "apply/noting.py": "test_apply.py",
    "apply/recording.py": "test_apply.py",
    "backends/base.py": "test_(backends|conformance|partial_saves).py",
    "backends/blob.py": "test_(backends|blob_store|conformance|http_backend).py",
    "backends/blob_parts.py": "test_object(s|_parts|_lock).py",
    "backends/bucket_store.py": "test_object(s|_access).py",
    "backends/http.py": "test_http_(backend|access).py",
    "backends/http_client.py": "test_http_(backend|access).py",
    "backends/http_lock.py": "test_http_(backend|access).py",
    "backends/http_options.py": "test_http_(backend|access).py",
    "backends/http_store.py": "test_http_(backend|access).py",
    "backends/journal.py": "test_journal.py",
    "backends/folder_store.py": "test_(backends|blob_store).py",
    "backends/held_lock.py": "test_(object_lock|flaky_storage).py",
    "backends/lock_record.py": "test_object_lock.py",
    "backends/object_lock.py": "test_object_lock.py",
    "backends/objects.py": "test_object_access.py",
    "backends/part_checks.py": "test_object(s|_parts).py",
    "backends/part_collection.py": "test_object_parts.py",
    "backends/part_store.py": "test_object(s|_parts).py",
    "backends/part_writer.py": "test_object_parts.py",
    # Not its journal, locks and versions: the conformance suite tests them, and takes
    # long to be measured.
    "backends/postgres/backend.py": "test_postgres(_faults)?.py",
    "backends/postgres/database.py": "test_postgres(_faults)?.py",
    "backends/postgres/location.py": "test_postgres(_faults)?.py",
    "backends/postgres/reading.py": "test_postgres(_faults)?.py",
    "backends/postgres/saving.py": "test_postgres(_faults)?.py",
    "backends/postgres/sessions.py": "test_postgres(_faults)?.py",
    "backends/postgres/tables.py": "test_postgres(_faults)?.py",
    "backends/postgres/writing.py": "test_postgres(_faults)?.py",
    "backends/migration.py": "test_migration.py",
    "backends/partitioned.py": "test_(conformance_memory|object(s|_parts)).py",
    "sync/distributed.py": "test_distributed.py",
    "partial_saves.py": "test_(partial_saves|conformance).py",
    "cli/commands/lock.py": "test_cli_lock.py",
    "backends/holder.py": "test_holder.py",
    "backends/local.py": "test_(backends|lock_holders).py",
    "console.py": "test_console.py",
    "cli/help.py": "test_cli_options.py",
    "cli/applies.py": "test_cli_applies.py",
    # Not cli/options.py: most of it runs when it is imported, before any test.
    "cli/sources.py": "test_cli_environments.py",
    "source_grammar.py": "test_source_grammar.py",
    "sources/known_objects.py": "test_known_objects.py",
    "cli/versions.py": "test_cli.py",
    "config/client.py": "test_config_connection.py",
    "config/connection.py": "test_config_connection.py",
    "config/file.py": "test_config_file.py",
    "config/instances.py": "test_config_connection.py",
    "config/schema.py": "test_config_file.py",
    "config/yaml_reader.py": "test_config_file.py",
    "diff/engine.py": "test_diff.py",
    "diff/lists.py": "test_diff.py",
    "diff/masked.py": "test_masked_values.py",
    "diff/patch.py": "test_diff.py",
    "diff/values.py": "test_diff.py",
    "drift.py": "test_drift.py",
    "editing.py": "test_cli_state.py",
    "ignore/file.py": "test_ignore_file.py",
    "ignore/rules.py": "test_ignore_rules.py",
    "manager.py": "test_manager.py",
    "models/changes.py": "test_changes.py",
    "models/journal.py": "test_journal_compaction.py",
    "models/resource.py": "test_(resource|notebook|reports).py",
    "models/state.py": "test_state.py",
    "types/rewriting.py": "test_rewriting.py",
    "prechecks.py": "test_plan_checking.py",
    "project_keys.py": "test_project_keys.py",
    "plan/binding.py": "test_(plan_binding|apply|apply_safety).py",
    "plan/checking.py": "test_plan_checking.py",
    "plan/deciding.py": "test_plan.py",
    "plan/generator.py": "test_plan.py",
    "plan/merging.py": "test_plan_merge.py",
    "plan/ordering.py": "test_plan.py",
    "plan/document.py": "test_saved_plan.py",
    "plan/saved.py": "test_saved_plan.py",
    "models/pointers.py": "test_overlay.py",
    "overlay/applying.py": "test_overlay.py",
    "overlay/model.py": "test_overlay.py",
    "overlay/places.py": "test_overlay.py",
    "reports/counts.py": "test_fact_reports.py",
    "reports/fact_lines.py": "test_fact_reports.py",
    "reports/headlines.py": "test_headlines.py",
    "reports/flow.py": "test_flow_picture.py",
    "reports/flow_layout.py": "test_page.py",
    "reports/flow_svg.py": "test_page.py",
    "reports/page/entries.py": "test_page.py",
    "reports/page/rendering.py": "test_page.py",
    "reports/html.py": "test_(html|fact_reports).py",
    "reports/markdown.py": "test_(flow_picture|reports).py",
    "reports/notebook.py": "test_(html|notebook).py",
    "statefile/journal_lines.py": "test_journal.py",
    "statefile/manifest.py": "test_manifest.py",
    "statefile/part_files.py": "test_manifest.py",
    "sync/base.py": "test_sync_project.py",
    "sync/dataset.py": "test_sync_dataset.py",
    "sync/project.py": "test_sync_project.py",
    "sync/recipe.py": "test_sync_recipe.py",
    "types/secrets/assignments.py": "test_secret_tables.py",
    "types/secrets/commands.py": "test_secret_tables.py",
    "types/secrets/names.py": "test_secret_tables.py",
    "types/secrets/older.py": "test_masked_values.py",
    "types/secrets/pairs.py": "test_secret_tables.py",
    "types/secrets/redaction.py": "test_secret_tables.py",
    "types/secrets/redactor.py": "test_masked_values.py",
    "types/secrets/shapes.py": "test_secret_tables.py",
    "types/secrets/text.py": "test_secret_tables.py",
    "types/secrets/urls.py": "test_secret_tables.py",
    "types/secrets/values.py": "test_secret_tables.py",
    "sync/diagnosis.py": "test_cli_doctor.py",
    "validation.py": "test_schema_validation.py",
}


MEASURED_TOO = frozenset("""
    sandbox/test_cascades.py sandbox/test_faults.py sandbox/test_instance.py
    sandbox/test_projects.py sandbox/test_recipes.py sandbox/test_store.py
    sandbox/test_writes.py test_blob_store.py test_cli_apply.py test_cli_plan.py
    test_cli_reports.py test_conformance.py test_connection.py test_first_screen.py
    test_journal.py test_plan_formatter.py test_plan_live.py test_pull_git.py
    test_pull_safety.py test_saved_plan.py test_sources.py test_strict_json.py
    test_sync_code_env.py test_sync_connection.py test_types_nested.py
    test_unreachable.py test_writers.py
    """.split())
"""Files of tests that are measured for the total, since they cover much quickly."""


def is_measured(path: Path) -> bool:
    """Return whether what the tests in a file cover is measured."""
    name = path.relative_to(ROOT / "tests" / "iac").as_posix()
    return name in MEASURED_TOO or any(
        re.fullmatch(pattern, name) for pattern in TESTED_BY.values()
    )


def inside_functions(source: str) -> set[int]:
    """Return the numbers of the lines that run only when a function is called."""
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in node.body
        for line in range(statement.lineno, (statement.end_lineno or 0) + 1)
    }


def covered(coverage: Coverage, module: str, tests: str) -> float:
    """Return the share of the module that its own tests cover, in percent."""
    path = ROOT / "dataikuapi" / "iac" / module
    coverage.get_data().set_query_contexts([rf"^tests/iac/{tests}::"])
    _, statements, _, missing, _ = coverage.analysis2(str(path))
    missed = set(missing) & inside_functions(path.read_text("utf-8"))
    return 100 * (1 - len(missed) / len(statements))


def main() -> int:
    """Print the share of each module; return 1 if one is less than required."""
    coverage = Coverage()
    coverage.load()
    failed = 0
    for module, tests in TESTED_BY.items():
        share = covered(coverage, module, tests)
        failed |= share < REQUIRED
        mark = "  less than required" if share < REQUIRED else ""
        print(f"{share:5.1f} %  {module} by {tests}{mark}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
