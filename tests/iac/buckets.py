"""A bucket on moto's server of S3, and the backends of states in it."""

import subprocess
import sys
import uuid
from contextlib import contextmanager
from functools import cache

from dataikuapi.iac.backends import open_backend

KEYS = {"access_key_id": "any", "secret_access_key": "any", "region": "us-east-1"}


SERVER = """
import logging, sys
from threading import Lock, Thread
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.ERROR)  # It logs each request.
app, lock = DomainDispatcherApplication(create_backend_app), Lock()

def one_at_a_time(environ, start_response):
    with lock:  # Of its own, moto checks a condition and writes in two steps.
        return app(environ, start_response)

server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True)
Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()  # Until whoever started it ends.
"""


@contextmanager
def s3_server():
    """Serve S3 in a process of its own, and yield its address."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield f"http://127.0.0.1:{port}"
        server.kill()


@cache
def _client(endpoint):
    import boto3  # It takes a second, and each client a tenth.

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        region_name="us-east-1",
    )


class Bucket:
    """A bucket.

    Args:
        endpoint: the address of the server.
        name: of the bucket; a new one without.
    """

    def __init__(self, endpoint, name=None):
        self.endpoint = endpoint
        self.name = name or f"states-{uuid.uuid4().hex[:12]}"
        self.client = _client(endpoint)
        if name is None:
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
