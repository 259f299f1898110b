"""Decides where the URL of DSS, the API key and the TLS settings come from.

In this order: options, the environment in the configuration file, ``DATAIKU_*``,
``DKU_*``, Dataiku's ``config.json``, and inside DSS the client of ``dataiku``. What
contradicts the file is an error; a key that belongs to another URL is not used.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import Any

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.config.instances import Instance, Instances, read_instances
from dataikuapi.iac.config.model import NO_TLS, Configuration, Environment, Tls
from dataikuapi.iac.config.urls import same_url
from dataikuapi.iac.config.variables import (
    check_host,
    check_text,
    read_flag,
    read_variable,
)
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models.urls import without_credentials

__all__ = ["Connection", "Options", "resolve_connection"]


@dataclass(frozen=True)
class Options:
    """What the caller says explicitly; it wins over everything else."""

    host: str | None = None
    tls: Tls = NO_TLS


NO_OPTIONS = Options()


@dataclass(frozen=True)
class Connection:
    """How to reach DSS.

    Args:
        host: the URL.
        source: where the URL comes from, for messages.
        api_key: is not in the ``repr``.
        key_source: where the key comes from, for messages.
        tls: how certificates are checked.
        client: the client that DSS itself provides, instead of all that.
    """

    host: str
    source: str
    api_key: str = field(repr=False)
    key_source: str
    tls: Tls = NO_TLS
    client: DSSClient | None = field(default=None, repr=False)

    @property
    def display_host(self) -> str:
        """The URL without credentials, for messages."""
        return without_credentials(self.host)


AskForKey = Callable[[str], str | None]


def resolve_connection(
    configuration: Configuration,
    environment: Environment,
    options: Options = NO_OPTIONS,
    *,
    variables: Mapping[str, str] | None = None,
    ask_for_key: AskForKey = lambda host: None,
) -> Connection:
    """Return how to reach the DSS of an environment.

    Args:
        configuration: has the hosts of the other environments, which are refused.
        environment: one of them.
        options: win over everything else.
        variables: Defaults to ``os.environ``.
        ask_for_key: returns the key for a host, where it is not configured.

    Raises:
        ConfigurationError: if there is no URL or no key, if a variable is not valid or
            contradicts the file, or if the URL is that of another environment.
    """
    sources = _Sources(environment, os.environ if variables is None else variables)
    found = sources.find(options)
    if found is None:
        return _inside_dss()
    host, source, instance = found
    sources.refuse_other_environment(configuration, host, source)
    tls = sources.tls(options.tls, instance)
    key, key_source = sources.api_key(host) or (ask_for_key(host), "prompt")
    if key is None:
        raise ConfigurationError(sources.reason_without_key(host))
    return Connection(host, source, key, key_source, tls)


def find_dss(variables: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the URL, or the name of the instance, that variables and files name.

    Raises:
        ConfigurationError: if a variable or Dataiku's ``config.json`` is not valid.
    """
    for name in ("DATAIKU_HOST", "DKU_DSS_URL"):
        host = read_variable(variables, name, check_host)
        if host:
            return host, None
    named = read_variable(variables, "DKU_INSTANCE_NAME", check_text)
    return None, named or read_instances(variables).default


class _Sources:
    """Where the parts of a connection may come from."""

    def __init__(self, environment: Environment, variables: Mapping[str, str]) -> None:
        self._environment = environment
        self._variables = variables
        self._dataiku_host = read_variable(variables, "DATAIKU_HOST", check_host)
        self._dku_url = read_variable(variables, "DKU_DSS_URL", check_host)
        self._instance_name = read_variable(variables, "DKU_INSTANCE_NAME", check_text)
        self._read: Instances | None = None

    @property
    def _instances(self) -> Instances:
        if self._read is None:
            self._read = read_instances(self._variables)
        return self._read

    def find(self, options: Options) -> tuple[str, str, Instance | None] | None:
        """Return the URL, where it is from, and the instance if it has a name."""
        if options.host:
            return options.host, "--host", None
        configured = self._configured()
        if configured:
            self._refuse_contradictions(configured[0])
            return configured
        if self._dataiku_host:
            return self._dataiku_host, "DATAIKU_HOST", None
        if self._dku_url:
            return self._dku_url, "DKU_DSS_URL", None
        name = self._instance_name or self._instances.default
        if name is None:
            return None
        instance = self._instances.get(name)
        return instance.url, f"{name} in {self._instances.path}", instance

    def refuse_other_environment(
        self, configuration: Configuration, host: str, source: str
    ) -> None:
        """Refuse to read one environment's DSS into the state of another."""
        if self._is_at(self._environment, host):
            return
        for other in configuration.environments.values():
            if self._is_at(other, host):
                raise ConfigurationError(
                    f"{without_credentials(host)} ({source}) is the DSS of environment "
                    f"{other.name!r} ({other.where}), not of "
                    f"{self._environment.name!r}: use --environment {other.name}"
                )

    def _is_at(self, environment: Environment, host: str) -> bool:
        """Return whether the DSS of an environment is known to have that URL."""
        url = environment.host
        if environment.instance is not None:
            instance = self._instances.by_name.get(environment.instance)
            url = instance.url if instance else None
        return url is not None and same_url(url, host)

    def _configured(self) -> tuple[str, str, Instance | None] | None:
        """Return what the environment in the file says."""
        environment = self._environment
        if environment.host:
            return environment.host, environment.where, None
        if environment.instance:
            instance = self._instances.get(environment.instance)
            source = f"{environment.where}, {self._instances.path}"
            return instance.url, source, instance
        return None

    def _refuse_contradictions(self, host: str) -> None:
        """Refuse variables that name another DSS than the file does."""
        named = {"DATAIKU_HOST": self._dataiku_host, "DKU_DSS_URL": self._dku_url}
        if self._instance_name:
            named["DKU_INSTANCE_NAME"] = self._instances.get(self._instance_name).url
        for name, url in named.items():
            if url and not same_url(url, host):
                raise ConfigurationError(
                    f"{name} is for {without_credentials(url)}, but environment "
                    f"{self._environment.name!r} ({self._environment.where}) is at "
                    f"{without_credentials(host)}: unset {name}, or choose another "
                    "environment"
                )

    def api_key(self, host: str) -> tuple[str, str] | None:
        """Return the key for a URL, and where it is from."""
        for name, url in self._urls_of_keys.items():
            key = read_variable(self._variables, name, check_text)
            if key and (url is None or same_url(url, host)):
                return key, name
        for instance in self._instances.by_name.values():
            if instance.api_key and same_url(instance.url, host):
                return instance.api_key, f"{instance.name} in {self._instances.path}"
        return None

    @property
    def _urls_of_keys(self) -> dict[str, str | None]:
        """The variables with keys, each with the URL that belongs to it, if any."""
        return {"DATAIKU_API_KEY": self._dataiku_host, "DKU_API_KEY": self._dku_url}

    def reason_without_key(self, host: str) -> str:
        """Say why there is no key for a URL, and what to do."""
        reason = f"no API key for {without_credentials(host)}: "
        if self._variables.get("DATAIKU_API_KEY") and self._dataiku_host:
            url = without_credentials(self._dataiku_host)
            return (
                f"{reason}DATAIKU_API_KEY belongs to DATAIKU_HOST, which is {url}; set "
                "both, or unset DATAIKU_HOST"
            )
        return f"{reason}set DATAIKU_API_KEY, or add it to {self._instances.path}"

    def tls(self, options: Tls, instance: Instance | None) -> Tls:
        """Return the TLS settings; each one by itself has the order of the sources."""
        if options.client_key and not options.client_certificate:
            raise ConfigurationError(
                f"the client key {options.client_key} has no certificate: pass "
                "--client-certificate as well"
            )
        variable = read_flag(self._variables, "DKU_NO_CHECK_CERTIFICATE")
        file = self._environment.tls
        if options.no_check_certificate is None and _checks(file) and variable:
            raise ConfigurationError(
                f"DKU_NO_CHECK_CERTIFICATE is true, but environment "
                f"{self._environment.name!r} ({self._environment.where}) checks "
                "certificates: unset it, or pass --no-check-certificate"
            )
        tls = _over(options, file)
        if tls.no_check_certificate is None and tls.ca_file is None:
            default = instance.no_check_certificate if instance else None
            no_check = default if variable is None else variable
            tls = replace(tls, no_check_certificate=no_check)
        return tls


def _checks(tls: Tls) -> bool:
    return tls.no_check_certificate is False or tls.ca_file is not None


def _over(first: Tls, second: Tls) -> Tls:
    """Return the settings of the first, and what it leaves open of the second."""
    if first.ca_file and first.no_check_certificate is None:
        first = replace(first, no_check_certificate=False)
    if first.client_certificate:  # Its key may be in the same file.
        second = replace(second, client_key=None)
    values: dict[str, Any] = {
        each.name: _first(getattr(first, each.name), getattr(second, each.name))
        for each in fields(Tls)
    }
    return Tls(**values)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _inside_dss() -> Connection:
    """Return the connection of the code that DSS runs, e.g. in a notebook.

    Raises:
        ConfigurationError: if this is not inside DSS.
    """
    missing = "no DSS URL: pass --host or set DATAIKU_HOST"
    try:
        client = import_module("dataiku").api_client()
    except ModuleNotFoundError as error:
        raise ConfigurationError(missing) from error
    except Exception as error:  # Outside of DSS it raises bare exceptions.
        raise ConfigurationError(
            f"{missing} (the package dataiku raised {type(error).__name__})"
        ) from error
    return Connection(str(client.host), "dataiku", "", "dataiku", client=client)
