"""The command that shows what would have to be done in DSS: plan."""

import shlex
from pathlib import Path

import click

from dataikuapi.iac import StateManager
from dataikuapi.iac.cli.context import Settings, open_manager
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import PLAIN, Command
from dataikuapi.iac.cli.options import (
    allow_unknown,
    host_options,
    output_options,
    plan_format_options,
    state_options,
)
from dataikuapi.iac.cli.output import write_error
from dataikuapi.iac.cli.parameters import FILE, SOURCE
from dataikuapi.iac.cli.planning import (
    CONFIGURED,
    Planning,
    planning_options,
    undecided,
    write_plan_report,
)
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.plan import ExecutionPlan
from dataikuapi.iac.plan import write_plan
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
@planning_options
@host_options
@allow_unknown
@state_options
@output_options
@click.pass_obj
def plan(
    settings: Settings,
    source: str | None,
    planning: Planning,
    plan_file: Path | None,
    is_checked: bool,
    format_name: str,
    allow_unknown: bool,
) -> ExitCode:
    """Show what apply would do so that DSS has what the code says.

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
    wanted = planning.wanted(settings, source)
    manager = open_manager(settings, ())
    name = source or CONFIGURED
    found = planning.plan(settings, manager, wanted, name)
    if plan_file is not None:
        write_plan(found, plan_file)
    write_plan_report(settings, found, format_name)
    if plan_file is not None:
        settings.note(_saved(settings, found, plan_file))
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


def _saved(settings: Settings, found: ExecutionPlan, plan_file: Path) -> str:
    """Say where a plan is, and what to do with it."""
    command = f"dataiku-iac apply {shlex.quote(str(plan_file))}"
    if settings.environment is not None:
        command += f" -e {settings.environment}"
    if found.metadata.refusal:
        next_step = "it is refused, so nothing would be done"
    elif not found.has_changes():
        next_step = "there is nothing to do"
    else:
        next_step = f"to execute it: {command}"
    return f"the plan is saved in {plan_file}; {next_step}"


def _exit_code(found: ExecutionPlan, allow_unknown: bool) -> ExitCode:
    changed = ExitCode.DIFFERENT if found.has_changes() else ExitCode.SUCCESS
    return undecided(found, allow_unknown) or changed
