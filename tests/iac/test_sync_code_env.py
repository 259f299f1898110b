"""Reading code environments."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac.exceptions import DSSError
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sandbox.kinds.code_env import CODE_ENV
from dataikuapi.iac.types.lookup import facts_of, severity_of
from iac.on_instance import InstanceTypeContract

INDEX = "--extra-index-url https://ci:kV7tarragonLemur@pypi.example.com/simple"


def request_package(document):
    document["specPackageList"] += "\nplotly==5.18"


def upgrade_python(document):
    document["desc"]["pythonInterpreter"] = "PYTHON311"


def restrict(document):
    document["usableByAll"] = False


def build(document):
    document |= {
        "actualPackageList": "pandas==1.4.4\nnumpy==1.24.1",
        "mandatoryPackageList": "pandas>=1.5",
        "isUptodate": False,
        "path": "/data/dss/code-envs/python/py39",
    }
    document["desc"]["versionTag"] = {"versionNumber": 7}


class TestCodeEnv(InstanceTypeContract):
    """Code environments, of which two have the same name."""

    resource_type = "code_env"
    kind = CODE_ENV
    objects: ClassVar[dict[str, Any]] = {
        "PYTHON/py39": {
            "specPackageList": f"{INDEX}\nscikit-learn>=1.0\n\nxgboost",
            "permissions": [{"group": "sales", "use": True}],
            "desc": {"pythonInterpreter": "PYTHON39", "containerConfs": ["b", "a"]},
        },
        "R/stats": {"specPackageList": "dplyr", "desc": {"installCorePackages": True}},
        "PYTHON/stats": {"deploymentMode": "PLUGIN_MANAGED", "desc": {}},
    }
    listing = "/admin/code-envs/"
    edits = (request_package, upgrade_python, restrict)
    noise = (build,)

    def resource_id(self, object_id):
        """Return the resource id, which has the language in lower case."""
        language, slash, name = object_id.partition("/")
        return f"code_env.@instance.{language.lower()}{slash}{name}"

    def test_what_is_read(self, manager):
        """Language and name are known to all, the rest to administrators."""
        stats = manager.load_state()[self.resource_id("R/stats")]
        assert (stats.attributes["name"], stats.attributes["language"]) == (
            "stats",
            "R",
        )
        assert stats.attributes["definition"]["specPackageList"] == "dplyr"

    @pytest.mark.parametrize("language", ["PYTHON", "Python"])
    def test_language_in_capitals_is_refused(self, manager, language):
        """DSS finds the environment, which would be in the state twice."""
        with pytest.raises(ValueError, match=r"write code_env.@instance.python/py39$"):
            manager.refresh([f"code_env.@instance.{language}/py39"])

    def test_password_in_the_url_of_an_index_is_masked(self, manager):
        """The index itself is not."""
        stored = manager.backend.state_file.read_text("utf-8")
        assert "kV7tarragonLemur" not in stored
        assert "pypi.example.com" in stored

    @pytest.fixture
    def without_description(self, served):
        """DSS responds so after a failed build, as it does to a missing environment."""
        served.faults = lambda method, path: (
            Fault.error(500, "java.io.IOException", "Not a file: /desc.json")
            if path.endswith("/PYTHON/py39")
            else None
        )

    def test_missing_environment_is_removed(self, manager, shop):
        """DSS responds to it with an error of its own; it is not listed either."""
        rid = self.resource_id("PYTHON/py39")
        shop.instance.remove(CODE_ENV, "PYTHON/py39")
        assert [diff.resource_id for diff in manager.drift(ids=[rid])] == [rid]
        assert rid not in manager.refresh([rid])

    @pytest.mark.parametrize("is_alone", [False, True])
    def test_environment_whose_build_failed_is_unknown(
        self, manager, without_description, is_alone
    ):
        """DSS cannot return it, and it is neither changed nor removed."""
        rid = self.resource_id("PYTHON/py39")
        if is_alone:
            with pytest.raises(DSSError, match=r"lists code_env.*Not a file"):
                manager.refresh([rid])
            return
        report = self.drift(manager)
        assert len(report) == 0
        assert [item.resource_id for item in report.unknown] == [
            self.resource_id("PYTHON/py39")
        ]
        assert "Not a file" in report.unknown[0].reason

    def test_refused_definition_is_unknown_in_part(self, manager, served):
        """Some keys may list environments, and not read each."""
        error = "com.dataiku.dip.exceptions.UnauthorizedException"
        served.faults = lambda method, path: (
            Fault.error(403, error, "no") if path.count("/") == 4 else None
        )
        report = self.drift(manager)
        assert (len(report), report.exit_code) == (0, 3)
        assert len(report.diffs.unknown_in_part) == 3
        assert not report.unknown

    def test_listing_is_requested_once_where_definitions_are_refused(
        self, manager, served
    ):
        """However many environments there are."""
        error = "com.dataiku.dip.exceptions.UnauthorizedException"
        paths = []

        def refuse(method, path):
            paths.append(path)
            return Fault.error(403, error, "no") if path.count("/") == 4 else None

        served.faults = refuse
        manager.sync_instance()
        assert paths.count("/admin/code-envs/") == 1

    @pytest.mark.parametrize(
        ("path", "severity"),
        [
            (("definition", "specPackageList"), Severity.CODE),
            (("definition", "permissions"), Severity.PERMISSIONS),
        ],
    )
    def test_severities(self, path, severity):
        """Packages are code."""
        assert severity_of("code_env", path) is severity

    def test_facts(self, manager):
        """The summary of an added environment."""
        env = manager.load_state()[self.resource_id("PYTHON/py39")]
        facts = [(fact.label, *fact.values) for fact in facts_of(env)]
        assert facts == [("interpreter", "PYTHON39"), ("packages", "3")]
