"""Escapes text for terminals and the logs of CI runners.

Text from DSS may contain control characters, which terminals execute, and commands that
CI runners execute wherever a job prints them: ``::add-mask::`` (GitHub), ``##[group]``
and ``##vso[task.setvariable]`` (GitHub, Azure), ``##teamcity[…`` (TeamCity).
"""

import json
import logging
import re
from collections.abc import Callable

__all__ = ["get_logger", "printable", "printable_html", "printable_json"]

# "::name::" only counts at the start of a line, "##name[" anywhere.
_COMMAND = re.compile(r"(?:^[ \t]*:(?=:.*::)|#(?=#\w*\[))", re.MULTILINE)
_CONTROL = re.compile(r"[^\n -~]")


def printable(line: str) -> str:
    """Escape line breaks, control characters and CI commands as a Python string does.

    Args:
        line: a complete line of output.
    """
    return _escape_commands(_escape_controls(line), lambda char: f"\\x{ord(char):02x}")


def printable_html(html: str) -> str:
    """Escape control characters, and CI commands so that a page shows them unchanged.

    Args:
        html: a line of text with HTML entities, without tags.
    """
    return _escape_commands(_escape_controls(html), lambda char: f"&#{ord(char)};")


def printable_json(text: str) -> str:
    """Escape control characters and CI commands in JSON, without changing its values.

    Args:
        text: indented JSON, in which no line starts with the text of a string.
    """
    escaped = _CONTROL.sub(
        lambda match: (
            match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]
        ),
        text,
    )
    return _escape_commands(escaped, lambda char: f"\\u{ord(char):04x}")


def _escape_controls(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(
        char if char.isprintable() or char == "\t" else ascii(char)[1:-1]
        for char in line
    )


def _escape_commands(text: str, escape: Callable[[str], str]) -> str:
    if "::" not in text and "##" not in text:
        return text
    return _COMMAND.sub(lambda match: match[0][:-1] + escape(match[0][-1]), text)


def get_logger(name: str) -> logging.Logger:
    """Return a logger that escapes its messages."""
    logger = logging.getLogger(name)
    logger.addFilter(_escape_message)
    return logger


def _escape_message(record: logging.LogRecord) -> bool:
    lines = record.getMessage().split("\n")
    record.msg, record.args = "\n".join(map(printable, lines)), None
    return True
