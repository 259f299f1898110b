# The client of Dataiku is not typed. mypy takes dataikuapi/ for a namespace package as
# soon as it finds dataikuapi.iac there, and then finds no DSSClient in it. These stubs
# are installed as dataikuapi-stubs (PEP 561, partial): docs/decisions/0024.
from typing import Any

from dataikuapi.dssclient import DSSClient as DSSClient

def __getattr__(name: str) -> Any: ...
