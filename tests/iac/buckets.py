"""A bucket on moto's server of S3, and the backends of states in it."""

import logging
import uuid
from contextlib import contextmanager

from dataikuapi.iac.backends import open_backend

KEYS = {"access_key_id": "any", "secret_access_key": "any", "region": "us-east-1"}


@contextmanager
def s3_server():
    """Serve S3, and yield its address."""
    from moto.server import ThreadedMotoServer  # It takes a second.

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # It logs each request.
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    """A new bucket.

    Args:
        endpoint: the address of the server.
    """

    def __init__(self, endpoint):
        import boto3

        self.endpoint = endpoint
        self.name = f"states-{uuid.uuid4().hex[:12]}"
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=self.name)

    def open(self, key="dss/dev.state.json", **options):
        """Open the backend of a state in it."""
        options = {"endpoint": self.endpoint, **KEYS, **options}
        return open_backend(f"s3://{self.name}/{key}", **options)

    def keys(self, prefix=""):
        """Return what is in the bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def read(self, key):
        """Return an object."""
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def write(self, key, data):
        """Replace an object."""
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def remove(self, key):
        """Remove an object."""
        self.client.delete_object(Bucket=self.name, Key=key)
