"""Makes the list of the exceptions for the reference of the Python API."""

import dataikuapi.iac
from dataikuapi.iac import DataikuIaCError


def page() -> str:
    """Return a directive of mkdocstrings for each public exception."""
    names = [
        name
        for name in dataikuapi.iac.__all__
        if isinstance(found := getattr(dataikuapi.iac, name), type)
        and issubclass(found, DataikuIaCError)
    ]
    names.sort(key=lambda name: (name != DataikuIaCError.__name__, name))
    return "\n\n".join(f"::: dataikuapi.iac.{name}" for name in names)
