# For mypy alone: it takes the folder dataikuapi/ of this project, a namespace package
# without an __init__.py, for the whole of the client's.
from dataikuapi.dssclient import DSSClient as DSSClient
