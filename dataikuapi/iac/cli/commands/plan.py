"""The command that shows what would have to be done in DSS: plan."""

import shlex
from pathlib import Path

import click

from dataikuapi.iac import StateManager
from dataikuapi.iac.cli.code_form import wanted
from dataikuapi.iac.cli.context import Settings, open_manager, read_rules
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import PLAIN, Command
from dataikuapi.iac.cli.options import (
    allow_unknown,
    file_options,
    host_options,
    ignore_option,
    output_options,
    plan_format_options,
    state_options,
)
from dataikuapi.iac.cli.output import write_error, write_text
from dataikuapi.iac.cli.parameters import FILE, RESOURCE_ID, SELECTOR, SOURCE, Checked
from dataikuapi.iac.cli.rendering import in_color, write_rendered
from dataikuapi.iac.cli.sources import FileOptions
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan
from dataikuapi.iac.plan import MaxChange, PlanFormatter, PlanOptions, write_plan
from dataikuapi.iac.plan.saved import require_plan_or_nothing
from dataikuapi.iac.prechecks import check_plan

__all__ = ["plan"]

_EXIT_CODES = {
    **PLAIN,
    0: "nothing to do",
    2: "something to do",
    3: "a conflict, something that cannot be decided or is refused, or a failed check "
    "(what could not be read is not, with --allow-unknown)",
}


@click.command(
    cls=Command,
    exit_codes=_EXIT_CODES,
    examples=(
        "dataiku-iac plan                     # the projects in dataiku-iac.yaml",
        "dataiku-iac -e prod plan --out plan.json",
        "dataiku-iac plan ./SHOP --allow-delete",
        "dataiku-iac plan git:HEAD~1:SHOP --format markdown",
        "dataiku-iac plan env:dev -e prod",
        "dataiku-iac plan version:7 --target 'recipe.SHOP.*'",
    ),
)
@click.argument("source", type=SOURCE, required=False, metavar="[SOURCE]")
@click.option(
    "--allow-delete", is_flag=True, help="Delete what the code no longer has."
)
@click.option(
    "--delete-data",
    is_flag=True,
    help="With --allow-delete: drop the data of deleted datasets and folders for good.",
)
@click.option(
    "--revert-drift",
    is_flag=True,
    help="Change back what was changed in DSS alone; by default it is kept.",
)
@click.option(
    "--take",
    "taken",
    type=(click.Choice(["code", "live"]), RESOURCE_ID),
    multiple=True,
    metavar="code|live ID",
    help="Which side of a conflict to take; may be repeated.",
)
@click.option(
    "--target",
    "targets",
    type=SELECTOR,
    multiple=True,
    help="Only this object, or those that match a pattern, and what they need; may be "
    "repeated.",
)
@click.option(
    "--max-change",
    type=Checked("limit", MaxChange.parse),
    default="30%",
    show_default=True,
    help="How much of a project may be updated or deleted: a share, or a number.",
)
@click.option(
    "--out",
    "plan_file",
    type=FILE,
    help="Save the plan in this file, for dataiku-iac apply.",
)
@click.option(
    "--check",
    "is_checked",
    is_flag=True,
    help="Check also, by reading alone, whether DSS would let the plan be executed: "
    "rights, connections, code environments, names.",
)
@plan_format_options
@file_options
@ignore_option
@host_options
@allow_unknown
@state_options
@output_options
@click.pass_obj
def plan(
    settings: Settings,
    source: str | None,
    allow_delete: bool,
    delete_data: bool,
    revert_drift: bool,
    taken: tuple[tuple[str, str], ...],
    targets: tuple[str, ...],
    max_change: MaxChange,
    plan_file: Path | None,
    is_checked: bool,
    format_name: str,
    project_key: str | None,
    git_dir: Path | None,
    ignore: Path | None,
    allow_unknown: bool,
) -> ExitCode:
    """Show what would have to be done so that DSS has what the code says.

    SOURCE is as for diff; by default it is the folders of dataiku-iac.yaml. That of
    another environment is promoted: connections, permissions and the like stay as the
    environment has them for itself, unless dataiku-iac.yaml says what they are there.

    Nothing is written. What was changed in the code since the state was stored is to be
    done, what was changed in DSS is kept, and what was changed in both is a conflict.
    """
    if plan_file is not None:
        if str(plan_file) == "-":
            raise UsageError("--out takes the name of a file; -o writes what is shown")
        require_plan_or_nothing(plan_file)  # Before the time that reading takes.
    aim = wanted(settings, source, FileOptions(project_key, git_dir))
    options = PlanOptions(
        allow_delete=allow_delete,
        delete_data=delete_data,
        revert_drift=revert_drift,
        take={rid: "code" if side == "code" else "live" for side, rid in taken},
        protect=settings.configuration.manage.protect,
        max_change=max_change,
        targets=targets,
        ignore=tuple(read_rules(settings, ignore)),
        promotion=aim.promotion,
    )
    manager = open_manager(settings, ())
    found = manager.plan(aim.state, options, progress=settings.shows_progress)
    found = found.from_source(source or "the configured projects")
    if plan_file is not None:
        write_plan(found, plan_file)
    verbose = settings.verbose > 0
    formatter = PlanFormatter(in_color(settings), verbose=verbose, full=settings.full)
    settings.has_report = True
    text = formatter.format(found, format_name)
    if format_name == "text":
        write_text(text)
    else:
        write_rendered(text, format_name)
    if found.of_type(ActionType.CONFLICT):
        settings.note("to decide a conflict: --take code ID, or --take live ID")
    if plan_file is not None:
        settings.note(_saved(found, plan_file))
    is_possible = not is_checked or _is_possible(settings, manager, found)
    code = _exit_code(found, allow_unknown)
    return code if is_possible else ExitCode.INCOMPLETE


def _is_possible(
    settings: Settings, manager: StateManager, found: ExecutionPlan
) -> bool:
    """Say what stands against executing a plan; return whether nothing does."""
    findings = check_plan(manager, found)
    for finding in findings:
        write_error(f"{'unknown' if finding.is_unknown else 'failed'}: {finding}")
    if not findings:
        settings.note("checked: nothing stands against executing the plan")
    return all(finding.is_unknown for finding in findings)


def _saved(found: ExecutionPlan, plan_file: Path) -> str:
    """Say where a plan is, and what to do with it."""
    if found.metadata.refusal:
        next_step = "it is refused, so nothing would be done"
    elif not found.has_changes():
        next_step = "there is nothing to do"
    else:
        next_step = f"to execute it: dataiku-iac apply {shlex.quote(str(plan_file))}"
    return f"the plan is saved in {plan_file}; {next_step}"


def _exit_code(found: ExecutionPlan, allow_unknown: bool) -> ExitCode:
    undecided = [
        action
        for action in found.of_type(ActionType.CONFLICT, ActionType.BLOCKED)
        if not (allow_unknown and action.is_unknown)
    ]
    if undecided or found.metadata.refusal:
        return ExitCode.INCOMPLETE
    return ExitCode.DIFFERENT if found.has_changes() else ExitCode.SUCCESS
