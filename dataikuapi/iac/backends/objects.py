"""A state in object storage: Amazon S3 and what speaks like it, Google Cloud, Azure.

``s3://bucket/prefix/dev.state.json``, ``gs://bucket/…`` and ``az://container/…`` are
the address of the manifest of a state; all else is in the folder ``dev.state.json.d``
beside it. Credentials come from where they usually are: the variables ``AWS_*``,
``GOOGLE_*`` and ``AZURE_*``, what the machine or the CI job is given, and for S3, if
boto3 is installed, the profiles and the single sign-on of the AWS command line.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec
from typing import Any

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from dataikuapi.iac.backends.blob_parts import BlobPartsBackend
from dataikuapi.iac.backends.bucket_store import BucketStore
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models.urls import scheme_of, without_credentials

__all__ = ["ObjectStorageBackend"]

_STORES: dict[str, type[S3Store] | type[GCSStore] | type[AzureStore]] = {
    "s3": S3Store,
    "gs": GCSStore,
    "az": AzureStore,
}

_OWN_OPTIONS = ("now", "max_versions", "lease_seconds", "monotonic", "sleep")

_RETRIES = {"max_retries": 5, "retry_timeout": timedelta(seconds=30)}
"""By default obstore tries for three minutes, also where nothing listens."""

_KEYS_LAST = timedelta(minutes=15)
"""How long credentials of boto3 are used before it is asked again, as they may end."""


class ObjectStorageBackend(BlobPartsBackend):
    """Stores a state in a bucket, project by project.

    Each save is a compare-and-swap of the manifest, so that no update is lost, whether
    or not the lock was held. When the holder of a lock dies, others can take it 30
    seconds after it renewed it last.

    .. code-block:: python

        backend = open_backend("s3://team-states/dss/dev.state.json")
        backend = open_backend(
            "s3://states/dev.state.json", endpoint="https://minio.example.com"
        )

    Do not fork a process that has used it: the driver has threads of its own. Open the
    backend in each process, or start them with ``spawn``.

    Args:
        url: of the state.
        options: ``max_versions``, ``lease_seconds``, and others of
            :class:`~dataikuapi.iac.backends.blob_parts.BlobPartsBackend`; any other is
            passed to the store of obstore, e.g. ``region``, ``endpoint``,
            ``client_options``. The names are those of obstore's ``S3Config``,
            ``GCSConfig`` and ``AzureConfig``.

    Raises:
        ConfigurationError: if the URL names no object, or an option is wrong.
    """

    def __init__(self, url: str, **options: Any) -> None:
        scheme, bucket, key = _parsed(url)
        own = {name: options.pop(name) for name in _OWN_OPTIONS if name in options}
        store = _open(scheme, bucket, options)
        name = key.rpartition("/")[2]
        super().__init__(BucketStore(store, f"{scheme}://{bucket}", key), name, **own)


def _parsed(url: str) -> tuple[str, str, str]:
    """Return scheme, bucket and key.

    Raises:
        ConfigurationError: if the URL is none of an object.
    """
    scheme = scheme_of(url)
    bucket, _, key = url[len(scheme) + len("://") :].partition("/")
    shown = without_credentials(url)
    if "@" in bucket or "?" in url or "#" in url:
        raise ConfigurationError(
            f"{shown} is not the address of a state: user, password and parameters do "
            "not belong there. Credentials come from the environment"
        )
    segments = key.split("/")
    if not bucket or any(part in ("", ".", "..") for part in segments):
        raise ConfigurationError(
            f"{shown} names no object. A state is at {scheme}://bucket/dev.state.json, "
            f"or below a prefix: {scheme}://bucket/prefix/dev.state.json"
        )
    return scheme, bucket, key


def _open(scheme: str, bucket: str, options: Mapping[str, Any]) -> ObjectStore:
    """Return the store; nothing is connected to.

    Raises:
        ConfigurationError: if obstore refuses the options.
    """
    settings = {"retry_config": _RETRIES, **options}
    if scheme == "s3":
        settings = {**_s3_settings(options, os.environ), **settings}
    try:
        return _STORES[scheme](bucket, **settings)
    except (BaseError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ConfigurationError(
            f"cannot open {scheme}://{bucket}: {reason}"
        ) from error


def _s3_settings(
    options: Mapping[str, Any], variables: Mapping[str, str]
) -> dict[str, Any]:
    """Return what S3 takes beyond the options that are given.

    Args:
        options: as they are given.
        variables: of the environment.
    """
    settings: dict[str, Any] = {}
    endpoint = options.get("endpoint") or options.get("endpoint_url")
    endpoint = endpoint or variables.get("AWS_ENDPOINT_URL") or ""
    if endpoint.startswith("http://") and "client_options" not in options:
        settings["client_options"] = {"allow_http": True}
    named = ("access_key_id", "aws_access_key_id", "credential_provider")
    has_keys = "AWS_ACCESS_KEY_ID" in variables or any(n in options for n in named)
    unsigned = options.get("skip_signature") or variables.get("AWS_SKIP_SIGNATURE")
    if not has_keys and not unsigned and find_spec("boto3") is not None:
        settings |= _from_boto3(options)
    return settings


def _from_boto3(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return credentials and region of the profile in use; empty if there is none.

    Without profiles, obstore finds what boto3 would.

    Raises:
        ConfigurationError: if the profile that is asked for does not exist.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session()
        if not session.available_profiles:
            return {}
        region = session.region_name
    except BotoCoreError as error:
        raise ConfigurationError(f"cannot use a profile of AWS: {error}") from error

    def credentials() -> dict[str, Any]:
        found = session.get_credentials()
        if found is None:
            raise ConfigurationError("the profile of AWS in use has no credentials")
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(timezone.utc) + _KEYS_LAST,
        }

    settings: dict[str, Any] = {"credential_provider": credentials}
    if region and "region" not in options:
        settings["region"] = region
    return settings
