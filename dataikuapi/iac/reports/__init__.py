"""Renders diffs as text, Markdown, HTML, JSON, JUnit XML or a flow. Nothing prints."""

from dataikuapi.iac.reports.flow import render_flow
from dataikuapi.iac.reports.html import render_html
from dataikuapi.iac.reports.json_report import render_error, render_json
from dataikuapi.iac.reports.junit import render_junit
from dataikuapi.iac.reports.markdown import render_markdown
from dataikuapi.iac.reports.page import render_html_page
from dataikuapi.iac.reports.text import render_text

__all__ = [
    "render_error",
    "render_flow",
    "render_html",
    "render_html_page",
    "render_json",
    "render_junit",
    "render_markdown",
    "render_text",
]
