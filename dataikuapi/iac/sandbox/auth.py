"""API keys: who calls, and what they may see and do."""

from __future__ import annotations

from dataclasses import dataclass

from dataikuapi.iac.sandbox.fields import Document


@dataclass(frozen=True)
class ApiKey:
    """The rights that go with one API key.

    Args:
        login: the user whose key it is; the version tags of what is saved bear it.
        projects: keys of the projects that it sees; None for all, those to come
            included.
        can_admin: whether it may read and write the permissions of these projects, and
            delete them.
    """

    login: str
    projects: frozenset[str] | None = None
    can_admin: bool = True

    def sees(self, project_key: str) -> bool:
        """Say whether the key may read that project, if there is one."""
        return self.projects is None or project_key in self.projects

    def info(self) -> Document:
        """Return what DSS tells the caller about the caller."""
        return {
            "authIdentifier": self.login,
            "groups": ["administrators" if self.can_admin else "readers"],
            "authSource": "PERSONAL_API_KEY",
            "userProfile": "FULL_DESIGNER",
        }
