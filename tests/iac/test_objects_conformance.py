"""Object storage keeps what it promises, on moto's server of S3."""

import re
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from obstore.exceptions import GenericError

from dataikuapi.iac.backends import open_backend
from dataikuapi.iac.backends.bucket_store import BucketStore
from dataikuapi.iac.backends.conformance import BackendConformance
from dataikuapi.iac.exceptions import StateReadError
from iac.buckets import KEYS, Bucket


class TestObjectStorageBackend(BackendConformance):
    @pytest.fixture
    def new_place(self, bucket):
        keys = map("team states/{}.state.json".format, range(100))
        return lambda: (bucket.endpoint, bucket.name, next(keys))

    def open_backend(self, place, **options):
        endpoint, bucket, key = place
        url = f"s3://{bucket}/{key}"
        return open_backend(url, endpoint=endpoint, **options, **KEYS)

    def open_expiring(self, place):
        return self.open_backend(place, lease_seconds=3)

    def failing(self, place):
        return [failing_at(self.open_backend(place), what) for what in WRITTEN]

    def losing_answers(self, place):
        return [
            losing_answers(self.open_backend(place), ".*state.json", reads)
            for reads in (True, False)
        ]

    def load_backup(self, place, location):
        endpoint, _, key = place
        backup = location.removeprefix("s3://").partition("/")
        bucket = Bucket(endpoint, backup[0])
        bucket.write(f"copy of {key}", bucket.read(backup[2]))
        for part in bucket.keys(f"{key}.d/parts/"):
            copied = part.replace(key, f"copy of {key}")
            bucket.write(copied, bucket.read(part))
        return self.open_backend((endpoint, backup[0], f"copy of {key}")).load()

    def damage(self, place):
        endpoint, name, key = place
        bucket = Bucket(endpoint, name)
        bucket.write(key, bucket.read(key)[:-40])
        return True


WRITTEN = ["parts/.*", "(?!locks/).*[.]json"]
"""What a save writes: parts; the version before, and the manifest."""


@contextmanager
def failing_at(backend, name):
    """Let the storage fail when something is written."""
    put = BucketStore._put

    def failing(self, blob, data, expected):
        if re.fullmatch(name, blob):
            raise GenericError("the storage is full")
        return put(self, blob, data, expected)

    with patch.object(BucketStore, "_put", failing):
        yield backend


@contextmanager
def losing_answers(backend, name, reads):
    """Let something be written, and the answer be lost.

    Args:
        backend: whose storage it is.
        name: of what is written.
        reads: whether what is stored can be read after that.
    """
    put, read, lost = BucketStore._put, BucketStore.read, list[str]()

    def losing(self, blob, data, expected):
        token = put(self, blob, data, expected)
        if re.fullmatch(name, blob):
            lost.append(blob)
            raise GenericError("the connection was lost")
        return token

    def reading(self, blob):
        if lost and not reads:
            raise self._failure(
                StateReadError, "read", blob, GenericError("no network")
            )
        return read(self, blob)

    with (
        patch.object(BucketStore, "_put", losing),
        patch.object(BucketStore, "read", reading),
    ):
        yield backend
