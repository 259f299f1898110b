"""API keys, and the rights that go with them."""

from __future__ import annotations

from dataclasses import dataclass

from dataikuapi.iac.sandbox.documents import Document


@dataclass(frozen=True)
class ApiKey:
    """The rights that go with one API key.

    Args:
        login: the user whose key it is; it is in the version tags of what is saved.
        projects: keys of the projects that it sees; None for all, future ones
            included.
        can_admin: whether it may read and write the permissions of these projects, and
            delete them.
    """

    login: str
    projects: frozenset[str] | None = None
    can_admin: bool = True

    @property
    def is_instance_admin(self) -> bool:
        """Whether the key may administer the instance."""
        return self.can_admin and self.projects is None

    def sees(self, project_key: str) -> bool:
        """Return whether the key may read that project, if there is one."""
        return self.projects is None or project_key in self.projects

    def info(self) -> Document:
        """Return what DSS knows about the caller."""
        return {
            "authIdentifier": self.login,
            "groups": ["administrators" if self.can_admin else "readers"],
            "authSource": "PERSONAL_API_KEY",
            "userProfile": "FULL_DESIGNER",
        }
