"""Showing diffs: functions from diffs to text. Nothing here prints."""

from dataikuapi.iac.reports.text import render_text

__all__ = ["render_text"]
