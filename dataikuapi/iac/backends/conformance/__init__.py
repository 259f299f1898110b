"""A test suite for backends: does a storage keep what it promises?

It is for whoever writes a backend, in this project or elsewhere, and needs pytest. In a
test file of yours:

.. code-block:: python

    from dataikuapi.iac.backends.conformance import BackendConformance

    class TestMyBackend(BackendConformance):
        def open_backend(self, place):
            return MyBackend(place)

pytest then runs all tests of the suite against it. A *place* is where one state is:
here the path of a file in a temporary folder. For another storage, override the fixture
``new_place``; see :class:`~dataikuapi.iac.backends.conformance.suite.Suite` for this
and for the optional methods by which the suite makes your storage fail.

What your backend declares in ``capabilities`` has to hold. What it does not declare has
to be told to its users, and that is tested in its place: nothing is skipped. Tests that
race run in other processes, which import your test module, so that the class has to be
at the top of it. They have a short form; ``long = True`` in the class, or the option
``--long`` if your tests have one, runs twenty processes and twenty rounds.
"""

import pkgutil

try:
    import pytest
except ImportError as error:
    raise ImportError(
        "the conformance suite of backends needs pytest, which is not installed: "
        "pip install pytest"
    ) from error

# An assertion that fails shows its values, as in test files. This has to come before
# the modules are imported.
pytest.register_assert_rewrite(
    *(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__))
)

from dataikuapi.iac.backends.conformance.contract import ContractTests  # noqa: E402
from dataikuapi.iac.backends.conformance.dying import DyingTests  # noqa: E402
from dataikuapi.iac.backends.conformance.faults import FaultTests  # noqa: E402
from dataikuapi.iac.backends.conformance.journals import JournalTests  # noqa: E402
from dataikuapi.iac.backends.conformance.leases import LeaseTests  # noqa: E402
from dataikuapi.iac.backends.conformance.locking import LockTests  # noqa: E402
from dataikuapi.iac.backends.conformance.projects import ProjectTests  # noqa: E402
from dataikuapi.iac.backends.conformance.racing import RacingTests  # noqa: E402
from dataikuapi.iac.backends.conformance.swapping import SwapTests  # noqa: E402
from dataikuapi.iac.backends.conformance.values import ValueTests  # noqa: E402
from dataikuapi.iac.backends.conformance.versions import VersionTests  # noqa: E402

__all__ = ["BackendConformance"]


class BackendConformance(
    ContractTests,
    ValueTests,
    SwapTests,
    ProjectTests,
    VersionTests,
    FaultTests,
    LockTests,
    LeaseTests,
    DyingTests,
    JournalTests,
    RacingTests,
):
    """All tests of a backend; subclass it with ``open_backend``.

    Example:
        .. code-block:: python

            class TestBucketBackend(BackendConformance):
                def open_backend(self, place):
                    return BucketBackend(place)

                def open_expiring(self, place):
                    return BucketBackend(place, lease_seconds=2)

                @pytest.fixture
                def new_place(self, bucket_server):
                    return lambda: f"{bucket_server.url}/{uuid4().hex}.state.json"
    """
