"""Ceph with its gateway for S3, on one node, which keeps all that it has in memory."""

import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from iac.buckets import KEYS
from iac.servers import skip_or_fail

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw")
PACKAGES = "ceph-common ceph-mon ceph-osd radosgw"

_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
# Else, without authentication, the gateway insists on encryption, and waits forever.
ms mon client mode = crc secure
auth cluster required = none
auth service required = none
auth client required = none
keyring = {folder}/keyring
admin socket =
log file =
log to stderr = false
mon cluster log file =
pid file =
run dir = {folder}
crash dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon]
mon data = {folder}/mon
mon osd crush smoke test = false
mon data avail crit = 1
mon election timeout = 1
paxos propose interval = 0.05
paxos min wait = 0.01
[osd]
osd data = {folder}/osd
osd objectstore = memstore
osd class load list = *
osd class default list = *
[client]
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw data = {folder}/rgw
rgw enable apis = s3
rgw run sync thread = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
debug rgw = 0
"""


@contextmanager
def ceph_gateway():
    """Start Ceph in a temporary folder, yield the address of S3, and stop it."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        skip_or_fail(
            f"Ceph is not installed: {', '.join(missing)} (apt-get install {PACKAGES})"
        )
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ceph-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield _started(folder, stack)


def _started(folder, stack):
    """Start its programs, which end with the stack; return the address of S3."""
    fsid, osd, (mon_port, port) = uuid.uuid4(), uuid.uuid4(), _free_ports(2)
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()
    configuration = folder / "ceph.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, fsid=fsid, mon_port=mon_port, port=port)
    )
    keyring, monmap = folder / "keyring", folder / "monmap"

    def run(program, *arguments):
        command = [program, "-c", configuration, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def start(*command):
        """Let a program run in the foreground; nothing has to be kept of it."""
        process = subprocess.Popen(
            [*command, "-c", configuration, "-f"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.kill)

    for name in ("mon.", "client.admin"):
        new = [] if keyring.exists() else ["--create-keyring"]
        rights = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
        run("ceph-authtool", *new, keyring, "--gen-key", "-n", name, *rights)
    address = f"[v2:127.0.0.1:{mon_port}]"
    run("monmaptool", "--create", "--fsid", f"{fsid}", "--addv", "a", address, monmap)
    run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring)
    start("ceph-mon", "-i", "a")
    run("ceph", "osd", "new", f"{osd}")
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", f"{osd}")
    start("ceph-osd", "-i", "0")
    keys = [f"--access-key={KEYS['access_key_id']}"]
    keys += [f"--secret={KEYS['secret_access_key']}"]
    run("radosgw-admin", "user", "create", "--uid=t", "--display-name=t", *keys)
    start("radosgw", "-n", "client.admin")
    _wait_for(port)
    return f"http://127.0.0.1:{port}"


def _free_ports(count):
    with ExitStack() as stack:
        servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        return [stack.enter_context(each).getsockname()[1] for each in servers]


def _wait_for(port):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at port {port}")
