"""Object storage keeps what it promises, on a real server of S3: Ceph's gateway."""

import pytest

from iac.buckets import Bucket
from iac.ceph import ceph_gateway
from iac.test_objects_conformance import (
    TestObjectStorageBackend as _OnMoto,  # Under this name it is not collected here.
)


@pytest.fixture(scope="module")
def gateway():
    with ceph_gateway() as endpoint:
        yield endpoint


class TestObjectStorageOnCeph(_OnMoto):
    @pytest.fixture
    def bucket(self, gateway):
        return Bucket(gateway)
