"""What the commands that plan have in common: their options, and how a plan is made."""

from dataclasses import dataclass, field
from pathlib import Path

import click

from dataikuapi.iac import StateManager
from dataikuapi.iac.cli.code_form import Wanted, wanted
from dataikuapi.iac.cli.context import Settings, read_rules
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.options import file_options, grouped, ignore_option
from dataikuapi.iac.cli.output import write_text
from dataikuapi.iac.cli.parameters import RESOURCE_ID, SELECTOR, Checked
from dataikuapi.iac.cli.rendering import in_color, write_rendered
from dataikuapi.iac.cli.sources import FileOptions
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    PlanOutdatedError,
    PlanRefusedError,
)
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan
from dataikuapi.iac.plan import MaxChange, PlanFormatter, PlanOptions
from dataikuapi.iac.plan.binding import code_digest
from dataikuapi.iac.plan.options import Side

__all__ = [
    "CONFIGURED",
    "Planning",
    "planning_options",
    "require_current",
    "undecided",
    "write_plan_report",
]

CONFIGURED = "the configured projects"
"""What the source of a plan is called if nobody names one."""


@dataclass(frozen=True)
class Planning:
    """What a plan may do, as options say it.

    Args:
        allow_delete, delete_data, revert_drift, taken, targets, max_change: see
            :class:`~dataikuapi.iac.plan.PlanOptions`.
        project_key, git_dir: of projects in files.
        ignore: file with ignore rules.
    """

    allow_delete: bool = False
    delete_data: bool = False
    revert_drift: bool = False
    taken: tuple[tuple[Side, str], ...] = ()
    targets: tuple[str, ...] = ()
    max_change: MaxChange = field(default_factory=MaxChange)
    project_key: str | None = None
    git_dir: Path | None = None
    ignore: Path | None = None

    def wanted(self, settings: Settings, word: str | None) -> Wanted:
        """Return what is wanted; see :func:`~dataikuapi.iac.cli.code_form.wanted`."""
        return wanted(settings, word, FileOptions(self.project_key, self.git_dir))

    def plan(
        self, settings: Settings, manager: StateManager, wanted: Wanted, source: str
    ) -> ExecutionPlan:
        """Read DSS, and return the plan.

        Args:
            settings: the options.
            manager: of the environment.
            wanted: what the environment is to have.
            source: what that is, in words.
        """
        options = PlanOptions(
            allow_delete=self.allow_delete,
            delete_data=self.delete_data,
            revert_drift=self.revert_drift,
            take={rid: side for side, rid in self.taken},
            protect=settings.configuration.manage.protect,
            max_change=self.max_change,
            targets=self.targets,
            ignore=tuple(read_rules(settings, self.ignore)),
            promotion=wanted.promotion,
        )
        found = manager.plan(wanted.state, options, progress=settings.shows_progress)
        return found.from_source(source)


planning_options = grouped(
    "planning",
    Planning,
    click.option(
        "--allow-delete", is_flag=True, help="Delete what the code no longer has."
    ),
    click.option(
        "--delete-data",
        is_flag=True,
        help="With --allow-delete: drop the data of deleted datasets and folders for "
        "good.",
    ),
    click.option(
        "--revert-drift",
        is_flag=True,
        help="Change back what was changed in DSS alone; by default it is kept.",
    ),
    click.option(
        "--take",
        "taken",
        type=(click.Choice(["code", "live"]), RESOURCE_ID),
        multiple=True,
        metavar="code|live ID",
        help="Which side of a conflict to take; may be repeated.",
    ),
    click.option(
        "--target",
        "targets",
        type=SELECTOR,
        multiple=True,
        help="Only this object, or those that match a pattern, and what they need; may "
        "be repeated.",
    ),
    click.option(
        "--max-change",
        type=Checked("limit", MaxChange.parse),
        default="30%",
        show_default=True,
        help="How much of a project may be updated or deleted: a share, or a number.",
    ),
    file_options,
    ignore_option,
)
"""The options of plans; a command gets them as ``planning``."""


def write_plan_report(
    settings: Settings, plan: ExecutionPlan, format_name: str = "text"
) -> None:
    """Write a plan to standard output, and say how to decide a conflict.

    Raises:
        OutputError: if it cannot be written.
    """
    verbose = settings.verbose > 0
    formatter = PlanFormatter(in_color(settings), verbose=verbose, full=settings.full)
    settings.has_report = True
    text = formatter.format(plan, format_name)
    if format_name == "text":
        write_text(text)
    else:
        write_rendered(text, format_name)
    if plan.of_type(ActionType.CONFLICT):
        settings.note("to decide a conflict: --take code ID, or --take live ID")


def require_current(
    settings: Settings, plan: ExecutionPlan, planning: Planning
) -> None:
    """Refuse a saved plan that the code or the configuration no longer agrees with.

    Where the code is not at hand, as where the plan alone was handed on, or where other
    projects are in its place, that is noted.

    Args:
        settings: the options.
        plan: as it was saved.
        planning: says how to read projects in files.

    Raises:
        PlanOutdatedError: if the code is another one now.
        PlanRefusedError: if it deletes what is protected by now.
    """
    protected = PlanOptions(protect=settings.configuration.manage.protect)
    for action in plan.of_type(ActionType.DELETE):
        if protected.is_protected(action.resource_id):
            raise PlanRefusedError(
                f"nothing was done: the plan deletes {action.resource_id}, which is "
                "protected. Plan again"
            )
    made_for, selected = plan.metadata.environment, settings.selected.name
    if made_for not in ("", selected):
        raise PlanOutdatedError(
            [f"it is a plan for environment {made_for}, and this is {selected}"], []
        )
    word = None if plan.metadata.source == CONFIGURED else plan.metadata.source
    try:
        code = planning.wanted(settings, word).state
    except (DataikuIaCError, UsageError) as error:
        settings.note(f"whether the code has changed since is not known: {error}")
        return
    planned = {action.project_key for action in plan.actions}
    if not planned <= set(code.project_keys()):
        settings.note(
            "whether the code has changed since is not known: "
            f"{plan.metadata.source} has other projects now (--key says which it has)"
        )
        return
    if code_digest(code) != plan.metadata.code_digest:
        named = f": {plan.metadata.source}"
        raise PlanOutdatedError([f"the code has changed since{named}"], [])


def undecided(plan: ExecutionPlan, allow_unknown: bool) -> ExitCode:
    """Return the exit code for what a plan does not do although it should.

    Args:
        plan: the plan.
        allow_unknown: whether what could not be read does not count.
    """
    found = [
        action
        for action in plan.of_type(ActionType.CONFLICT, ActionType.BLOCKED)
        if not (allow_unknown and action.is_unknown)
    ]
    is_open = bool(found) or bool(plan.metadata.refusal)
    return ExitCode.INCOMPLETE if is_open else ExitCode.SUCCESS
