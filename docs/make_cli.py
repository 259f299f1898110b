"""Makes the reference of the command line from the program itself."""

import re
from collections.abc import Iterator

import click

from dataikuapi.iac.cli.root import dataiku_iac

HEAD = """# Command line

The program is `dataiku-iac`, or `python -m dataikuapi.iac`. Options may be given before
the command and after it. This page is made from the program when the site is built;
`dataiku-iac COMMAND --help` shows the same.

"""


def page() -> str:
    """Return the page."""
    context = click.Context(dataiku_iac)
    options = _options(dataiku_iac, context)
    shared = frozenset(option.name or "" for option in options)
    lines = ["## Commands\n", *_overview(dataiku_iac, "dataiku-iac")]
    lines += ["\n## Options of all commands\n", *_table(options, context)]
    lines += _examples_and_codes(dataiku_iac)
    for name, command in dataiku_iac.commands.items():
        lines += _section(command, f"dataiku-iac {name}", shared)
    return HEAD + "\n".join(lines)


def _overview(group: click.Group, path: str) -> Iterator[str]:
    """Yield a table of the commands, and of those below them."""
    if path == "dataiku-iac":
        yield "| command | what it does |"
        yield "|---|---|"
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _overview(command, f"{path} {name}")
            continue
        names = f"{path} {name}".removeprefix("dataiku-iac ")
        anchor = f"dataiku-iac-{names}".replace(" ", "-")
        first, *_ = _paragraphs(command.help or "")
        yield f"| [`{names}`](#{anchor}) | {_cell(first.strip())} |"


def _options(command: click.Command, context: click.Context) -> list[click.Option]:
    return [
        parameter
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option)
        and not parameter.hidden
        and "--help" not in parameter.opts
    ]


def _section(
    command: click.Command, name: str, shared: frozenset[str]
) -> Iterator[str]:
    """Yield the section of a command, and those of its subcommands.

    Args:
        command: the command.
        name: with those of its parents.
        shared: options of the program, which are described once.
    """
    context = click.Context(command, info_name=name)
    yield f"{'#' * min(len(name.split()), 3)} {name}\n"
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield f"```text\n{' '.join(usage.split())}\n```\n"
    yield from _paragraphs(command.help or "")
    options = _options(command, context)
    own = [option for option in options if option.name not in shared]
    if own:
        yield from _table(own, context)
    yield _taken([option for option in options if option.name in shared], shared)
    yield from _examples_and_codes(command)
    if isinstance(command, click.Group):
        for child_name, child in command.commands.items():
            yield from _section(child, f"{name} {child_name}", shared)


def _taken(options: list[click.Option], shared: frozenset[str]) -> str:
    """Return which options of all commands one of them takes."""
    link = "[options of all commands](#options-of-all-commands)"
    if len(options) == len(shared - {"version"}):
        return f"It takes the {link} too.\n"
    names = ", ".join(f"`{max(option.opts, key=len)}`" for option in options)
    return f"Of the {link} it takes {names}.\n" if names else ""


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        yield f"{' '.join(paragraph.split())}\n"


def _table(options: list[click.Option], context: click.Context) -> Iterator[str]:
    yield "| option | what it does |"
    yield "|---|---|"
    for option in options:
        record = option.get_help_record(context)
        assert record is not None  # Hidden options are left out before.
        names, text = (" ".join(part.split()) for part in record)
        names = " ".join(f"<code>{_cell(x.strip())}</code>" for x in names.split(","))
        yield f"| {names} | {_cell(text)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "&#124;").replace("*", "&#42;")


def _examples_and_codes(command: click.Command) -> Iterator[str]:
    examples = getattr(command, "examples", ())
    if examples:
        yield "```bash"
        yield from examples
        yield "```\n"
    codes = sorted(getattr(command, "exit_codes", {}).items())
    if codes:
        yield "| exit code | meaning |"
        yield "|---|---|"
        for code, meaning in codes:
            yield f"| {int(code)} | {_cell(meaning)} |"
        yield ""
