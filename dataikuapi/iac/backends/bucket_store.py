"""Objects in a bucket as blobs: conditional writes to S3, GCS and Azure, by obstore."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import GCSStore, ObjectStore

from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobInfo, BlobStore
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    StateConflictError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutResult

__all__ = ["BucketStore"]

_WRITE_ATTEMPTS = 5
"""How often a write is tried that was refused although nothing has changed."""

_BESIDE = ".d"
"""Ends the name of the folder beside a state, for all that belongs to it."""

_MISSING_BUCKETS = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")

E = TypeVar("E", bound=DataikuIaCError)


class BucketStore(BlobStore):
    """The objects of one state: it lies at its address, all else in a folder beside it.

    A version token is the ETag of an object, or on GCS its generation.

    A write whose answer is lost may have been stored. obstore sends it again, and then
    its own first attempt refuses it. So what is there is read after each write that was
    refused or failed: if it is what was to be written, it was.

    Args:
        store: the bucket.
        url: of the bucket, for messages, e.g. ``s3://bucket``.
        key: of the object that is the state, without the bucket.
    """

    def __init__(self, store: ObjectStore, url: str, key: str) -> None:
        self.key = key
        self._store = store
        self._url = url
        self._folder, _, self._name = key.rpartition("/")
        self._has_generations = isinstance(store, GCSStore)
        self._has_bare_tags = self._honors_conditions = False

    def location(self, name: str) -> str:
        """Return the URL of the object, for messages."""
        return f"{self._url}/{self._key(name)}"

    def list_blobs(self, prefix: str) -> list[BlobInfo]:
        """Return the objects beside the state whose names begin with the prefix.

        The state itself is not among them. Those in folders are only if the prefix has
        the whole name of the folder.
        """
        beside = f"{self.key}{_BESIDE}"
        folder, slash, _ = prefix.rpartition("/")
        with self._reading(prefix):
            found = obstore.list_with_delimiter(
                self._store, f"{beside}{slash}{folder}"
            )["objects"]
        blobs = [
            BlobInfo(
                item["path"].removeprefix(f"{beside}/"),
                item["size"],
                item["last_modified"],
            )
            for item in found
        ]
        return [blob for blob in blobs if blob.name.startswith(prefix)]

    def read(self, name: str) -> Blob:
        """Return the content of the object, and its version token."""
        with self._reading(name):
            result = obstore.get(self._store, self._key(name))
            meta = result.meta
            data = bytes(result.bytes())
        return Blob(data, self._token(meta, name, StateReadError))

    def write(self, name: str, data: bytes, expected: str | None) -> str:
        """Replace the object if it still has the expected token."""
        if name == self._name and expected == ABSENT:
            self._require_conditions()
        for _ in range(_WRITE_ATTEMPTS):
            try:
                return self._put(name, data, expected)
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                if _is_missing_bucket(error):
                    raise self._failure(StateWriteError, "write", name, error) from (
                        _shown(error)
                    )
                stored = self._stored_after(name, error)
                if stored.data == data and stored.token != ABSENT:
                    return stored.token
                if stored.token != expected:
                    raise StateConflictError(
                        f"{self.location(name)} has changed"
                    ) from _shown(error)
                # S3 refuses one of two writes at the same time, without saying that
                # the other one succeeds. Or the server never takes such a condition.
                self._require_conditions()
                failure = error
            except BaseError as error:
                stored = Blob(b"", ABSENT)
                if not isinstance(error, _DENIED):
                    stored = self._stored_after(name, error)
                if stored.data == data and stored.token != ABSENT:
                    return stored.token
                raise self._failure(StateWriteError, "write", name, error) from (
                    _shown(error)
                )
        raise StateConflictError(
            f"others keep writing to {self.location(name)}"
        ) from _shown(failure)

    def create(self, name: str, data: bytes) -> bool:
        """Write an object, and never overwrite one, whatever it has.

        After a response that got lost, an object that this made counts as one that was
        there: then the caller takes another name, and one copy is too many.
        """
        try:
            self._put(name, data, ABSENT)
        except (AlreadyExistsError, PreconditionError):
            return False
        except (BaseError, FileNotFoundError) as error:
            raise self._failure(StateWriteError, "write", name, error) from (
                _shown(error)
            )
        return True

    def remove(self, name: str) -> None:
        """Remove the object."""
        key = self._key(name)
        try:
            obstore.head(self._store, key)  # S3 removes what is not there, too.
            obstore.delete(self._store, key)
        except FileNotFoundError as error:
            raise StateNotFoundError(f"there is no {self.location(name)}") from (
                _shown(error)
            )
        except BaseError as error:
            raise self._failure(StateWriteError, "remove", name, error) from (
                _shown(error)
            )

    def exists(self, name: str) -> bool:
        """Return whether the object exists."""
        try:
            self.read(name)  # A HEAD does not tell a missing bucket.
        except StateNotFoundError:
            return False
        return True

    def _key(self, name: str) -> str:
        return self.key if name == self._name else f"{self.key}{_BESIDE}/{name}"

    def _put(self, name: str, data: bytes, expected: str | None) -> str:
        key = self._key(name)
        if expected is None:
            result = obstore.put(self._store, key, data, use_multipart=False)
        elif expected == ABSENT:
            result = obstore.put(self._store, key, data, mode="create")
        elif self._has_generations:
            result = obstore.put(self._store, key, data, mode={"version": expected})
        else:
            tag = expected.strip('"') if self._has_bare_tags else expected
            result = obstore.put(self._store, key, data, mode={"e_tag": tag})
        return self._token(result, name, StateWriteError)

    def _require_conditions(self) -> None:
        """Make sure, once, that the storage honors conditions, and find out how.

        Some ignore them in silence. Ceph's gateway, up to version 16 at least, refuses
        an ETag in quotes, as it sends it, and takes it without them.

        Raises:
            StateWriteError: if it does not.
        """
        if self._honors_conditions:
            return
        probe = f"probe-{uuid4().hex}"
        other = "1" if self._has_generations else '"00000000000000000000000000000000"'
        try:
            token = self._tried(probe, None)
            for self._has_bare_tags in (False, True):
                if self._tried(probe, ABSENT) or self._tried(probe, other):
                    raise self._unfit("ignores conditions that do not hold")
                if self._tried(probe, token):
                    self._honors_conditions = True
                    return
            raise self._unfit("refuses a condition that holds")
        finally:
            with suppress(StateNotFoundError, StateWriteError):
                self.remove(probe)

    def _tried(self, name: str, expected: str | None) -> str | None:
        """Write something, and return its token; ``None`` if it is refused."""
        try:
            return self._put(name, b"{}", expected)
        except (AlreadyExistsError, PreconditionError):
            return None
        except (BaseError, FileNotFoundError) as error:
            raise self._failure(StateWriteError, "write", name, error) from (
                _shown(error)
            )

    def _unfit(self, fault: str) -> StateWriteError:
        return StateWriteError(
            f"the storage of {self.location(self._name)} {fault} (If-None-Match and "
            "If-Match), so that updates would be lost. Nothing was stored: use another "
            "storage, or a newer version of its server"
        )

    def _token(self, meta: "PutResult | ObjectMeta", name: str, kind: type[E]) -> str:
        token = meta["version"] if self._has_generations else meta["e_tag"]
        if not token:
            raise kind(
                f"{self.location(name)} has no ETag, without which a lost update would "
                "go unnoticed: this storage is not supported"
            )
        return token

    def _stored_after(self, name: str, error: Exception) -> Blob:
        """Return what is stored after a write that failed."""
        try:
            return self._stored(name)
        except StateWriteError as unread:
            failure = self._failure(StateWriteError, "write", name, error)
            raise StateWriteError(
                f"{failure}; whether it was stored all the same is unknown, since what "
                "is there could not be read"
            ) from unread

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if _is_missing_bucket(error):
                raise self._failure(StateReadError, "read", name, error) from (
                    _shown(error)
                )
            raise StateNotFoundError(f"there is no {self.location(name)}") from (
                _shown(error)
            )
        except BaseError as error:
            raise self._failure(StateReadError, "read", name, error) from _shown(error)

    def _failure(self, kind: type[E], action: str, name: str, error: Exception) -> E:
        hint = _IF_DENIED if isinstance(error, _DENIED) else ""
        return kind(f"cannot {action} {self.location(name)}: {_reason(error)}{hint}")


_DENIED = (PermissionDeniedError, UnauthenticatedError)
_IF_DENIED = ". Check which credentials the environment has, and what they allow"

_STATUS = re.compile(r"status code: (\d{3}(?: [A-Z][A-Za-z ]*)?)")
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)")
_QUERY = re.compile(r"\?[^\s\"']*")


def _is_missing_bucket(error: Exception) -> bool:
    return any(text in str(error) for text in _MISSING_BUCKETS)


def _reason(error: Exception) -> str:
    """Say why a request failed: the status and what the storage says, or what obstore.

    Neither has headers. The query of a URL may be a signature, so it is left out.
    """
    text = _first_lines(error)
    status = _STATUS.search(text)
    if status is None:
        return _QUERY.sub("", text.rpartition(" - ")[2])[:300]
    said = [found[1] for found in (_CODE.search(text), _MESSAGE.search(text)) if found]
    return ": ".join([status[1].strip(), *said])[:300]


def _first_lines(error: Exception) -> str:
    """Return what obstore says before it prints the innards of the request."""
    return str(error).partition("\n\nDebug source")[0].strip()


def _shown(error: Exception) -> Exception:
    """Return the cause of an error, without what may give access."""
    return type(error)(_QUERY.sub("", _first_lines(error)))
