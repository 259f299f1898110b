"""Renders diffs as HTML, for notebooks and other pages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dataikuapi.iac.analysis import Fact, ObjectFact, SharedFact, analyze
from dataikuapi.iac.analysis.summary import Counts, count_changes
from dataikuapi.iac.models import (
    Change,
    ResourceDiff,
    ResourceDiffs,
    UncomparedAttribute,
)
from dataikuapi.iac.reports.counts import changed_rows
from dataikuapi.iac.reports.dangling import dangling_sentences
from dataikuapi.iac.reports.fact_lines import about_line, heading, notes
from dataikuapi.iac.reports.formatting import (
    coverage_sentence,
    derived_lines,
    last_editor,
    masked_sentences,
    no_changes_sentence,
    rule_lines,
    uncompared_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.html_blocks import (
    COUNTED,
    MAX_LISTED,
    MAX_OPEN,
    change_list,
    counts_table,
    entry_of,
    omitted,
    title_of,
    unreadable,
)
from dataikuapi.iac.reports.markup import Html, element, output, section
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["changes_html", "diff_html", "render_html"]

_MAX_ROWS = 10
"""Up to this many rows, those in which nothing changed are in the table too."""


def render_html(diffs: Iterable[ResourceDiff], *, verbose: bool = False) -> str:
    """Return the diffs as an HTML fragment with its own style, the heaviest first.

    Args:
        diffs: in their order where they weigh the same; unchanged ones are counted.
        verbose: list the ignore rules, instead of only counting what they hide.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    analysis = analyze(diffs)
    facts = analysis.facts
    is_open = len(facts) <= MAX_OPEN
    return output(
        *(element("p", line) for line in upgrade_lines(diffs)),
        *([element("p", element("b", diffs.title))] if diffs.title else []),
        *([] if facts else [element("p", no_changes_sentence(diffs))]),
        _counts(diffs),
        *(element("p", line) for line in dangling_sentences(analysis.dangling)),
        *_coverage(diffs),
        *(element("p", f"{line}.") for line in masked_sentences(diffs.masked)),
        *(_fact(fact, is_open) for fact in facts[:MAX_LISTED]),
        *omitted(len(facts) - MAX_LISTED, "more object"),
        *unreadable(item[:2] for item in diffs.unknown),
        *(_uncompared(item) for item in diffs.uncompared),
        *(element("div", line, css="quiet") for line in _footer(diffs, verbose)),
    )


def diff_html(diff: ResourceDiff) -> str:
    """Return one diff as an HTML fragment, as :func:`render_html` does of many."""
    return output(entry_of(diff, diff.changes, [last_editor(diff)], is_open=True))


def changes_html(changes: Sequence[Change]) -> str:
    """Return the changes inside one resource as an HTML fragment."""
    return output(*(change_list(changes) or [element("p", "No changes.")]))


def _counts(diffs: ResourceDiffs) -> Html:
    counts = count_changes(diffs)
    projects = {project_key for project_key, _ in counts}
    shown = {key: counts[key] for key in _shown_rows(diffs, counts)}
    rows = {
        f"{project_key} {kind}" if len(projects) > 1 else kind: row
        for (project_key, kind), row in shown.items()
    }
    rest = sum((row for key, row in counts.items() if key not in shown), Counter())
    names = dict(COUNTED)
    if not any(row["recreated"] for row in counts.values()):
        del names["recreated"]
    return counts_table(names, {**rows, **({"all others": rest} if rest else {})})


def _shown_rows(diffs: ResourceDiffs, counts: Counts) -> list[tuple[str, str]]:
    """Return the keys of the rows: all, or where there are many, what changed most."""
    if len(counts) <= _MAX_ROWS:
        return list(counts)
    return [(key, kind) for key, kind, _ in changed_rows(diffs)[1] if kind]


def _uncompared(item: UncomparedAttribute) -> Html:
    (line,) = uncompared_lines([item])
    return element(
        "div", line, css=f"entry {'unknown' if item.is_unknown else 'quiet'}"
    )


def _coverage(diffs: ResourceDiffs) -> Iterator[Html]:
    covered = [coverage_sentence(diffs.coverage)] if diffs.coverage else []
    return (element("p", line) for line in (*covered, *unwatched_lines(diffs)))


def _footer(diffs: ResourceDiffs, verbose: bool) -> list[str]:
    return [*derived_lines(diffs), *rule_lines(diffs.rules, verbose)]


def _fact(fact: Fact, is_open: bool) -> Html:
    if isinstance(fact, SharedFact):
        names = [element("div", *_listed(fact), css="quiet")]
        title = title_of(heading(fact), fact.changes, notes(fact), is_open)
        return section(title, [*change_list(fact.changes), *names], "modified", is_open)
    derived = fact.derived if isinstance(fact, ObjectFact) else ()
    below = [_fact(item, is_open=False) for item in derived[:MAX_LISTED]]
    below += omitted(len(derived) - MAX_LISTED, "more object")
    about = [about_line(fact.diff), *notes(fact)]
    return entry_of(fact.diff, fact.changes, about, is_open, heading(fact), below)


def _listed(fact: SharedFact) -> list[str]:
    ids = ", ".join(diff.resource_id for diff in fact.diffs[:MAX_LISTED])
    return [ids, *omitted(len(fact.diffs) - MAX_LISTED, "more object")]
