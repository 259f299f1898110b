"""A page with the whole report, in one file."""

from dataikuapi.iac.reports.page.rendering import render_html_page, require_page

__all__ = ["render_html_page", "require_page"]
