"""A location opens the backend of its scheme; a path opens a file."""

import pytest

from dataikuapi.iac import ConfigurationError
from dataikuapi.iac.backends import LocalFileBackend, open_backend, registry


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_a_path_opens_a_file(path, kind):
    backend = open_backend(kind(path))
    assert isinstance(backend, LocalFileBackend)
    assert backend.state_file == path


@pytest.mark.parametrize("path", ["C:\\state\\dev.state.json", "a:b", "dir//x.json"])
def test_a_path_with_a_colon_is_a_path(path):
    backend = open_backend(path)
    assert isinstance(backend, LocalFileBackend)
    assert backend.state_file == LocalFileBackend(path).state_file


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_a_url_opens_the_backend_of_its_scheme(scheme):
    backend = open_backend(f"{scheme}://user:hunter2@host/terraform/state/dev")
    shown = f"<HttpBackend {scheme.lower()}://host/terraform/state/dev>"
    assert repr(backend) == shown


@pytest.mark.parametrize("scheme", ["ftp", "postgresql+psycopg", "HTTP+unix"])
def test_an_unknown_scheme_is_refused(scheme):
    with pytest.raises(ValueError, match="://") as refused:
        open_backend(f"{scheme}://user:hunter2@host/dev.state.json")
    message = str(refused.value)
    assert f"{scheme.lower()}://" in message
    assert "the path of a file" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("scheme", "extra"), [("s3", "objects"), ("postgresql", "postgres")]
)
def test_a_driver_that_cannot_be_imported_is_named(scheme, extra, monkeypatch):
    """It may be missing, or installed by half: psycopg without a libpq, say."""

    def failing(module):
        raise ImportError("no pq wrapper available")

    monkeypatch.setattr(registry, "import_module", failing)
    with pytest.raises(ConfigurationError, match="no pq wrapper available") as refused:
        open_backend(f"{scheme}://host/x")
    assert f"pip install 'dataiku-iac[{extra}]'" in str(refused.value)
