"""Renders diffs as text, Markdown, HTML, JSON or JUnit XML. Nothing here prints."""

from dataikuapi.iac.reports.html import render_html
from dataikuapi.iac.reports.json_report import render_error, render_json
from dataikuapi.iac.reports.junit import render_junit
from dataikuapi.iac.reports.markdown import render_markdown
from dataikuapi.iac.reports.text import render_text

__all__ = [
    "render_error",
    "render_html",
    "render_json",
    "render_junit",
    "render_markdown",
    "render_text",
]
