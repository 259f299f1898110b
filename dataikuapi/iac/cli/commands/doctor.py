"""The command that checks the set-up: configuration, DSS, rights and the state."""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from urllib.parse import urlsplit

import click

from dataikuapi.iac import DataikuIaCError, State, __version__
from dataikuapi.iac.cli.context import (
    Settings,
    open_backend,
    open_connection,
    read_projects,
)
from dataikuapi.iac.cli.help import PLAIN, Command
from dataikuapi.iac.cli.options import (
    host_options,
    output_options,
    project_option,
    state_options,
)
from dataikuapi.iac.cli.output import write_text
from dataikuapi.iac.config import Connection, open_client
from dataikuapi.iac.console import printable
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.merge import instances_differ
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.times import format_minute, utc_now
from dataikuapi.iac.reports.formatting import counted
from dataikuapi.iac.sync.diagnosis import Diagnosis, Finding, Outcome

__all__ = ["doctor"]

_LOCAL = ("localhost", "127.0.0.1", "::1")


@click.command(
    cls=Command,
    exit_codes={**PLAIN, 0: "nothing failed", 1: "something failed"},
    examples=("dataiku-iac doctor", "dataiku-iac -e prod doctor --project SHOP"),
)
@project_option
@host_options
@state_options
@output_options
@click.pass_obj
def doctor(settings: Settings, projects: tuple[str, ...]) -> ExitCode:
    """Check URL, TLS, API key, rights, versions, clock and state.

    Nothing is changed. The rights are checked for the projects that are named,
    configured, or in the state.
    """
    failed = False
    for finding in _findings(settings, projects):
        failed = failed or finding.outcome is Outcome.FAILED
        write_text(
            printable(
                f"{finding.outcome.value:<8} {finding.subject:<14} {finding.text}"
            )
        )
    return ExitCode.ERROR if failed else ExitCode.SUCCESS


def _findings(settings: Settings, projects: tuple[str, ...]) -> Iterator[Finding]:
    yield _versions()
    try:
        yield _configuration(settings)
        state, stored = _state(settings)
    except DataikuIaCError as error:
        yield Finding("configuration", Outcome.FAILED, str(error))
        return
    yield stored
    try:
        connection = open_connection(settings)
        diagnosis = Diagnosis(open_client(connection), utc_now)
        keys = read_projects(settings, projects)
    except ConfigurationError as error:
        yield Finding("address", Outcome.FAILED, str(error))
        return
    yield Finding("address", Outcome.OK, _sources(connection))
    yield _tls(connection)
    yield from diagnosis.check(keys or (state.project_keys() if state else []))
    if state and diagnosis.instance:
        yield _same_instance(state, diagnosis)


def _versions() -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    client = version("dataiku-api-client")
    text = f"dataiku-iac {__version__}, dataiku-api-client {client}, Python {python}"
    return Finding("versions", Outcome.OK, text)


def _configuration(settings: Settings) -> Finding:
    path = settings.configuration.path or "no dataiku-iac.yaml"
    text = f"{path}, environment {settings.selected.name}"
    return Finding("configuration", Outcome.OK, text)


def _state(settings: Settings) -> tuple[State | None, Finding]:
    backend, location = open_backend(settings), settings.display_location
    try:
        if not backend.exists():
            text = f"none yet at {location}; create it: dataiku-iac sync"
            return None, Finding("state", Outcome.WARNING, text)
        state = backend.load()
    except DataikuIaCError as error:
        return None, Finding("state", Outcome.FAILED, str(error))
    problems = backend.verify()
    if problems:
        found = counted(len(problems), "problem")
        text = f"{found} in {location}; list them: dataiku-iac verify"
        return state, Finding("state", Outcome.FAILED, text)
    text = (
        f"{location}, serial {state.serial}, {len(state.resources):,} resources, "
        f"{format_minute(state.updated_at)}"
    )
    return state, Finding("state", Outcome.OK, text)


def _sources(connection: Connection) -> str:
    return (
        f"{connection.display_host} from {connection.source}, API key from "
        f"{connection.key_source}"
    )


def _tls(connection: Connection) -> Finding:
    tls, host = connection.tls, connection.display_host
    if not host.startswith("https:"):
        if urlsplit(host).hostname in _LOCAL:
            return Finding("TLS", Outcome.OK, "not encrypted, but on this machine")
        text = "not encrypted: others may read the API key; use https"
        return Finding("TLS", Outcome.WARNING, text)
    if tls.no_check_certificate:
        text = "the certificate is not checked: others may read the API key"
        return Finding("TLS", Outcome.WARNING, text)
    authorities = tls.ca_file or "the usual authorities"
    return Finding("TLS", Outcome.OK, f"the certificate is checked, by {authorities}")


def _same_instance(state: State, diagnosis: Diagnosis) -> Finding:
    if instances_differ(state.instance, diagnosis.instance):
        text = f"the state is of another DSS: {state.instance}; choose its environment"
        return Finding("instance", Outcome.FAILED, text)
    return Finding("instance", Outcome.OK, "the state is of this DSS")
