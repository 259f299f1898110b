"""Counts the users of an instance."""

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.sync.workers import Workers
from dataikuapi.iac.types.requests import get_instance_json
from dataikuapi.iac.types.shapes import expect_items

__all__ = ["count_users"]


def count_users(client: DSSClient) -> int | None:
    """Return how many users there are; nothing else of them is kept.

    Args:
        client: not modified.

    Returns:
        ``None`` if DSS does not list them to this API key.
    """
    own = Workers(client).client
    try:
        with translate_errors(own, None):
            return len(expect_items(get_instance_json(own, "users"), "login"))
    except DataikuIaCError:
        return None
