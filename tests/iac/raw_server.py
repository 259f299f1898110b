"""Servers that no web framework imitates: raw bytes, and TLS."""

import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager
from threading import Thread

import pytest


@contextmanager
def raw_server(respond, wrap=lambda connection: connection):
    """Serve each connection by a function of its socket; yield the port."""

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # The test is over.
            Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection):
        try:
            with wrap(connection) as wrapped:
                wrapped.recv(65536)
                respond(wrapped)
        except OSError:
            pass  # The client has hung up, which is what the test is about.

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def certificate(folder, host):
    """Make a self-signed certificate; return the paths of certificate and key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    paths = folder / f"{host}.pem", folder / f"{host}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "30"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"),
            *("-out", paths[0], "-keyout", paths[1]),
        ],
        check=True,
        capture_output=True,
    )
    return paths


def tls(pem, key):
    """Return a function that wraps a connection in TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return lambda connection: context.wrap_socket(connection, server_side=True)
