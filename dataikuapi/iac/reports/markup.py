"""The elements that HTML reports consist of, and their style.

Text keeps the color of the page and backgrounds are translucent, so that it is readable
on light and dark pages; signs carry the same information as colors.
"""

from collections.abc import Iterable, Sequence
from html import escape

from dataikuapi.iac.console import printable_html

__all__ = ["Html", "element", "escaped", "output", "section"]

# Notebooks store and show each output by itself, so each has its own style. The class
# is doubled to take precedence over JupyterLab's style of tables and code.
_STYLE = """<style>
.dataiku-iac { font-size: 13px; line-height: 1.5; overflow-wrap: anywhere; }
.dataiku-iac.dataiku-iac :is(p, table) { margin: .4em 0; }
.dataiku-iac.dataiku-iac table { border-collapse: collapse; border: 0;
  color: inherit; font-size: inherit; table-layout: auto; }
.dataiku-iac.dataiku-iac tr:is(*, :hover, :nth-child(odd)) { background: none; }
.dataiku-iac.dataiku-iac :is(th, td) { padding: .15em .8em; text-align: right;
  border: 1px solid rgba(128, 128, 128, .35); color: inherit; max-width: none; }
.dataiku-iac.dataiku-iac tr > :first-child,
.dataiku-iac.dataiku-iac .listing :is(th, td) { text-align: left; }
.dataiku-iac.dataiku-iac :is(code, pre) { color: inherit; font-size: 12px;
  font-family: ui-monospace, Menlo, Consolas, monospace; background: none;
  border: 0; padding: 0 .2em; white-space: pre-wrap; }
.dataiku-iac.dataiku-iac pre { margin: .2em 0; line-height: 1.4; max-height: 40em;
  overflow: auto; border: 1px solid rgba(128, 128, 128, .35); }
.dataiku-iac.dataiku-iac pre :is(ins, del, span) { display: block;
  text-decoration: none; color: inherit; padding: 0 .2em; }
.dataiku-iac.dataiku-iac summary { cursor: pointer; display: list-item; }
.dataiku-iac .entry { margin: .25em 0; padding: .1em .5em;
  border-left: 3px solid rgba(128, 128, 128, .5); }
.dataiku-iac .entry .entry { margin: .15em 0 .15em .8em; border-left-width: 2px; }
.dataiku-iac .quiet { opacity: .75; font-weight: normal; }
.dataiku-iac.dataiku-iac :is(ins, code.added, td.added) {
  background: rgba(46, 160, 67, .22); }
.dataiku-iac.dataiku-iac :is(del, code.removed, td.removed) {
  background: rgba(248, 81, 73, .22); }
.dataiku-iac.dataiku-iac td.modified { background: rgba(210, 153, 34, .25); }
.dataiku-iac.dataiku-iac td.unknown { background: rgba(163, 113, 247, .25); }
.dataiku-iac .entry.added { border-color: rgb(46, 160, 67); }
.dataiku-iac .entry.removed { border-color: rgb(248, 81, 73); }
.dataiku-iac .entry.modified { border-color: rgb(210, 153, 34); }
.dataiku-iac .entry.moved { border-color: rgb(56, 139, 253); }
.dataiku-iac .entry.unknown { border-color: rgb(163, 113, 247); }
</style>"""


class Html(str):
    """Markup. Any other string is data, and escaped when it is inserted."""

    def __html__(self) -> str:
        """Return it as it is, for templates."""
        return self


def output(*content: str) -> str:
    """Return a complete fragment: the content, with its style."""
    return element("div", Html(_STYLE), *content, css="dataiku-iac")


def element(tag: str, *content: str, css: str = "", is_open: bool = False) -> Html:
    """Return an element.

    Args:
        tag: its name.
        content: inserted as it is if it is :class:`Html`, else escaped.
        css: its classes.
        is_open: whether a ``details`` element is expanded.
    """
    start = f'{tag} class="{css}"' if css else tag
    inside = "".join(map(escaped, content))
    return Html(f"<{start}{' open' if is_open else ''}>{inside}</{tag}>")


def section(
    heading: Sequence[str],
    content: Iterable[str],
    css: str = "",
    is_open: bool = False,
) -> Html:
    """Return a collapsible section."""
    summary = element("summary", *heading)
    return element("details", summary, *content, css=f"entry {css}", is_open=is_open)


def escaped(text: str) -> Html:
    """Return data as markup, with what is not printable made visible."""
    if isinstance(text, Html):
        return text
    return Html(printable_html(escape(text)))
