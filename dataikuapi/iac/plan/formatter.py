"""Plans in the formats in which people and programs read them."""

from collections.abc import Callable, Mapping

from dataikuapi.iac.models.plan import ExecutionPlan
from dataikuapi.iac.reports.plan_json import render_plan_json
from dataikuapi.iac.reports.plan_markdown import render_plan_markdown
from dataikuapi.iac.reports.plan_text import render_plan_text

__all__ = ["PlanFormatter"]


class PlanFormatter:
    """Renders plans.

    Args:
        color: color text; other formats have no colors.
        verbose: list everything, even if there is much.
        full: cut no values.

    Example:
        .. code-block:: python

            print(PlanFormatter(color=False).format(plan, "markdown"))
    """

    def __init__(
        self, color: bool = True, *, verbose: bool = False, full: bool = False
    ) -> None:
        self._color, self._verbose, self._full = color, verbose, full

    def format(self, plan: ExecutionPlan, output: str = "text") -> str:
        """Return a plan as ``text``, ``markdown`` or ``json``.

        Raises:
            ValueError: if the output is none of these.
        """
        renderers: Mapping[str, Callable[[ExecutionPlan], str]] = {
            "text": self._text,
            "markdown": self._markdown,
            "json": self._json,
        }
        if output not in renderers:
            known = ", ".join(renderers)
            raise ValueError(f"unknown output {output!r}; known are {known}")
        return renderers[output](plan)

    def _text(self, plan: ExecutionPlan) -> str:
        return render_plan_text(
            plan, color=self._color, verbose=self._verbose, full=self._full
        )

    def _markdown(self, plan: ExecutionPlan) -> str:
        return render_plan_markdown(plan, verbose=self._verbose, full=self._full)

    def _json(self, plan: ExecutionPlan) -> str:
        return render_plan_json(plan, verbose=self._verbose)
