"""Environment variables; an empty one counts as not set, a bad one is an error."""

from collections.abc import Callable, Mapping

from dataikuapi.iac.exceptions import ConfigurationError

__all__ = ["check_host", "check_text", "read_flag", "read_variable"]

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def read_variable(
    variables: Mapping[str, str], name: str, check: Callable[[str], str]
) -> str | None:
    """Return a variable, if it is set.

    Args:
        variables: usually ``os.environ``.
        name: of the variable.
        check: returns the value, or raises ValueError.

    Raises:
        ConfigurationError: if the value is not valid.
    """
    value = variables.get(name)
    if not value:
        return None
    try:
        return check(value)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def read_flag(variables: Mapping[str, str], name: str) -> bool | None:
    """Return whether a variable is true or false; ``None`` if it is not set.

    Raises:
        ConfigurationError: if it is neither.
    """
    value = variables.get(name, "").strip().lower()
    if value in _TRUE | _FALSE:
        return value in _TRUE
    if value:
        raise ConfigurationError(f"{name}: set it to true or false")
    return None


def check_text(value: str) -> str:
    """Return a text that is not blank.

    Raises:
        ValueError: if it is.
    """
    if not value.strip():
        raise ValueError(f"{value!r} is blank: pass a value, or omit it altogether")
    return value


def check_host(value: str) -> str:
    """Return the URL of an instance.

    Raises:
        ValueError: if it is blank or has whitespace in it.
    """
    if not value or any(char.isspace() or not char.isprintable() for char in value):
        raise ValueError(
            f"{value!r} is not a URL such as https://dss.example.com:11200"
        )
    return value
