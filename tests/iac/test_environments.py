"""The names of environments, which name files too."""

from unittest.mock import Mock

import pytest

from dataikuapi.iac import StateManager
from dataikuapi.iac.backends.local import default_state_file

BAD_ENVIRONMENTS = [
    "",
    " ",
    "../../../x",
    "a/b",
    "a\\b",
    "prod\n",
    "\nprod",
    ".hidden",
    "..",
    "a b",
    "C:x",
    "x" * 65,
    "dev\0",
    "\udcff",
    "größe",
]


@pytest.mark.parametrize("value", BAD_ENVIRONMENTS)
def test_bad_names_are_refused(value, mock_client):
    with pytest.raises(ValueError, match="invalid environment .*use 1 to 64 letters"):
        default_state_file(value)
    with pytest.raises(ValueError, match="invalid environment"):
        StateManager(Mock(), mock_client, value)
    with pytest.raises(ValueError, match="invalid environment"):
        StateManager.local(mock_client, value)


@pytest.mark.parametrize(
    "name", ["dev", "prod-eu", "v1.2", "_x", "0", "a..b", "x" * 64, "UAT_2"]
)
def test_good_names_are_those_of_files(name):
    assert default_state_file(name).name == f"{name}.state.json"
