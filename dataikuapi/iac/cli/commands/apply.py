"""The commands that change DSS: apply, rollback and adopt."""

from dataclasses import dataclass

import click

from dataikuapi.iac import State, StateManager
from dataikuapi.iac.apply import ApplyEngine, ApplyResult
from dataikuapi.iac.cli.asking import is_answered_yes, yes_option
from dataikuapi.iac.cli.code_form import Wanted
from dataikuapi.iac.cli.context import Settings, open_manager
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import PLAIN, Command
from dataikuapi.iac.cli.options import (
    allow_unknown,
    apply_format_options,
    grouped,
    host_options,
    message_option,
    output_options,
    state_options,
)
from dataikuapi.iac.cli.output import write_document, write_error, write_text
from dataikuapi.iac.cli.parameters import RESOURCE_ID, SERIAL, SOURCE
from dataikuapi.iac.cli.planning import (
    CONFIGURED,
    Planning,
    planning_options,
    require_current,
    undecided,
    write_plan_report,
)
from dataikuapi.iac.cli.rendering import in_color
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.plan import ExecutionPlan
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.plan import check_binding, read_plan
from dataikuapi.iac.plan.saved import is_saved_plan
from dataikuapi.iac.reports.apply_json import render_apply_json
from dataikuapi.iac.reports.apply_text import render_apply_text
from dataikuapi.iac.sync.progress import progress_bar

__all__ = ["adopt", "apply", "rollback"]

_EXIT_CODES = {
    **PLAIN,
    0: "done, or nothing to do",
    3: "something was not done: it failed or was refused, is in conflict, or cannot be "
    "decided (what could not be read does not count, with --allow-unknown)",
}


@dataclass(frozen=True)
class _Execution:
    """How a plan is executed, as options say it.

    Args:
        is_approved: whether nobody is asked.
        no_journal: whether no journal is kept.
        message: why; shown in the history.
        allow_unknown: whether what could not be read does not count.
        format_name: of what is written to standard output.
    """

    is_approved: bool
    no_journal: bool
    message: str | None
    allow_unknown: bool
    format_name: str


_execution_options = grouped(
    "execution",
    _Execution,
    yes_option,
    click.option(
        "--no-journal",
        is_flag=True,
        help="Keep no journal: an apply that is interrupted cannot be resumed.",
    ),
    message_option,
    host_options,
    allow_unknown,
    apply_format_options,
    state_options,
    output_options,
)
"""What executes a plan takes them; a command gets them as ``execution``."""


@click.command(
    cls=Command,
    exit_codes=_EXIT_CODES,
    examples=(
        "dataiku-iac apply                     # the projects in dataiku-iac.yaml",
        "dataiku-iac -e prod apply plan.json   # what plan --out has saved",
        "dataiku-iac apply ./SHOP --allow-delete",
        "dataiku-iac apply git:v1.4:SHOP --yes -m 'Release 1.4'",
    ),
)
@click.argument("source", type=SOURCE, required=False, metavar="[SOURCE]")
@planning_options
@_execution_options
@click.pass_obj
def apply(
    settings: Settings,
    source: str | None,
    planning: Planning,
    execution: _Execution,
) -> ExitCode:
    """Change DSS so that it has what the code says.

    SOURCE is as for plan, or a file that plan --out has written. The plan is shown
    first, and done if somebody answers yes. Each object is read again before it is
    written, and left alone if it is not as the plan has it. What was done is stored in
    the state. Ctrl-C ends it after what has begun, and the next apply does the rest.
    """
    if source is not None and is_saved_plan(source):
        where = Planning(project_key=planning.project_key, git_dir=planning.git_dir)
        if planning != where:
            raise UsageError(
                f"{source} is a saved plan, which has its options; plan again to "
                "change them: dataiku-iac plan --out FILE"
            )
        plan = read_plan(source)
        require_current(settings, plan, planning)
        manager = open_manager(settings, (), execution.message)
        check_binding(plan, manager.load_state())
    else:
        wanted = planning.wanted(settings, source)
        manager = open_manager(settings, (), execution.message)
        name = source or CONFIGURED
        plan = planning.plan(settings, manager, wanted, name)
    return _apply(settings, manager, plan, execution)


@click.command(
    cls=Command,
    exit_codes=_EXIT_CODES,
    examples=(
        "dataiku-iac rollback 7",
        "dataiku-iac rollback 7 --target 'recipe.SHOP.*'",
    ),
)
@click.argument("serial", type=SERIAL, metavar="SERIAL")
@planning_options
@_execution_options
@click.pass_obj
def rollback(
    settings: Settings,
    serial: int,
    planning: Planning,
    execution: _Execution,
) -> ExitCode:
    """Change DSS so that it has what a stored version has.

    The version is the source of a plan like any other: it is shown first, what was
    changed in DSS since the state was stored is kept, and what was created since is
    deleted only with --allow-delete. Data is not brought back.
    """
    source = f"version:{serial}"
    wanted = planning.wanted(settings, source)
    message = execution.message or f"rollback to version {serial}"
    manager = open_manager(settings, (), message)
    plan = planning.plan(settings, manager, wanted, f"version {serial}")
    return _apply(settings, manager, plan, execution)


@click.command(
    cls=Command,
    exit_codes=_EXIT_CODES,
    examples=("dataiku-iac adopt dataset.SHOP.orders recipe.SHOP.compute_orders",),
)
@click.argument("ids", type=RESOURCE_ID, nargs=-1, required=True, metavar="ID...")
@_execution_options
@click.pass_obj
def adopt(
    settings: Settings,
    ids: tuple[str, ...],
    execution: _Execution,
) -> ExitCode:
    """Record existing objects of DSS in the stored state.

    Nothing is written to DSS. From then on they are ours: plans change them, and delete
    them if that is allowed and the code does not have them. To have them in the code:
    dataiku-iac pull.
    """
    manager = open_manager(settings, (), execution.message)
    found = [manager.sync_resource(rid) for rid in dict.fromkeys(ids)]
    stored = State(resources={item.resource_id: item for item in found}, scope=Scope())
    wanted = Wanted(stored)
    plan = Planning().plan(settings, manager, wanted, "what DSS has")
    return _apply(settings, manager, plan, execution)


def _apply(
    settings: Settings,
    manager: StateManager,
    plan: ExecutionPlan,
    execution: _Execution,
) -> ExitCode:
    """Show a plan, ask, execute it, and show what became of it.

    For programs, standard output has one document: what became of it.
    """
    is_for_people = execution.format_name == "text"
    if is_for_people:
        write_plan_report(settings, plan)
    elif not execution.is_approved:
        write_error(str(plan))
    left = undecided(plan, execution.allow_unknown)
    if plan.metadata.refusal or not plan.has_changes():
        if not is_for_people:
            _write_json(settings, ApplyResult(plan))
        return left
    if not (execution.is_approved or is_answered_yes(_question(settings, plan))):
        settings.note("nothing was done")
        return ExitCode.ERROR
    with progress_bar(settings.shows_progress, "apply", "action") as count:
        engine = ApplyEngine(manager.client, manager, count)
        result = engine.apply(plan, journal=not execution.no_journal)
    if is_for_people:
        write_text(f"\n{render_apply_text(result, color=in_color(settings))}")
    else:
        _write_json(settings, result)
    return _exit_code(result) or left


def _write_json(settings: Settings, result: ApplyResult) -> None:
    settings.has_report = True
    write_document(render_apply_json(result))


def _question(settings: Settings, plan: ExecutionPlan) -> str:
    url = f" ({plan.metadata.url})" if plan.metadata.url else ""
    return f"Do this in {settings.selected.name}{url}?"


def _exit_code(result: ApplyResult) -> ExitCode:
    if result.is_interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.SUCCESS if result.is_complete else ExitCode.INCOMPLETE
