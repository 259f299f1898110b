"""The server, and the command that runs it."""

import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from dataikuapi.iac.sandbox import SandboxServer
from dataikuapi.iac.sandbox.__main__ import main
from dataikuapi.iac.sandbox.server import _listening_socket


def test_the_server_stops_at_once_and_leaves_no_thread():
    before = set(threading.enumerate())
    server = SandboxServer().start()
    assert server._server
    server._server.config.timeout_graceful_shutdown = 300
    with requests.Session() as session:
        kept_alive = session.get(f"{server.url}/dip/publicapi/projects/")
        assert kept_alive.status_code == 401
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 60
    assert set(threading.enumerate()) - before == set()
    server.stop()


def test_a_server_that_cannot_start_is_an_error(monkeypatch):
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    server = SandboxServer()
    with pytest.raises(RuntimeError, match="could not start"):
        server.start()
    with pytest.raises(RuntimeError, match="not running"):
        server.url


def test_a_request_that_never_ends_does_not_hold_up_the_stop():
    server = SandboxServer().start()
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address) as half:
        half.sendall(
            b"POST /public/api/projects HTTP/1.1\r\n"
            b"Host: x\r\nContent-Length: 9\r\n\r\n{"
        )
        time.sleep(0.05)
        began = time.monotonic()
        server.stop()
    assert time.monotonic() - began < 60


def test_the_server_can_be_started_again():
    server = SandboxServer()
    with pytest.raises(RuntimeError, match="not running"):
        server.url
    for _ in range(2):
        with server:
            assert server.url.startswith("http://127.0.0.1:")
            with pytest.raises(RuntimeError, match="already running"):
                server.start()


def test_requests_do_not_wait_for_delayed_acknowledgements(api):
    durations = []
    for _ in range(30):
        began = time.monotonic()
        api.get("/projects/P/datasets/orders")
        durations.append(time.monotonic() - began)
    # Without TCP_NODELAY each of them takes 40 ms; on a busy machine many do anyway.
    assert min(durations) < 0.02


def test_the_listener_is_a_real_tcp_socket():
    # asyncio's own loop sets TCP_NODELAY on no other; uvloop, where installed, on all.
    with _listening_socket(0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert listener.getsockname()[0] == "127.0.0.1"


def test_without_its_extra_the_import_says_what_to_install():
    code = "import sys; sys.modules['uvicorn'] = None\nimport dataikuapi.iac.sandbox"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'dataiku-iac[sandbox]'" in done.stderr


def test_the_command_serves_the_sample_until_interrupted():
    command = [sys.executable, "-m", "dataikuapi.iac.sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        lines = [process.stdout.readline() for _ in range(5)]
        url, key = (line.split()[-1] for line in lines[:2])
        response = requests.get(f"{url}/dip/publicapi/projects/", auth=(key, ""))
        process.send_signal(2)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    assert [item["projectKey"] for item in response.json()] == ["ORDERS_DEMO"]
    assert f'DSSClient("{url}", "{key}")' in lines[3]


def test_the_command_serves_the_folders_it_is_given(tmp_path, capsys):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "params.json").write_text("{}")
    folders = ["--project", str(tmp_path / "one"), "--project", str(tmp_path / "two")]
    assert main(folders, wait=lambda: None) == 0
    assert "Projects: ONE, TWO" in capsys.readouterr().out


def test_an_interrupt_ends_the_command_well(capsys):
    def interrupt():
        raise KeyboardInterrupt

    assert main([], wait=interrupt) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("port", ["-1", "70000", "taken"])
def test_a_port_that_cannot_be_used_ends_the_command_with_2(server, capsys, port):
    taken = server.url.rpartition(":")[2]
    assert main(["--port", taken if port == "taken" else port]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_a_bad_folder_ends_the_command_with_2(tmp_path):
    command = [sys.executable, "-m", "dataikuapi.iac.sandbox", "--project", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr
        == f"error: {tmp_path} is not a DSS project: it has no params.json\n"
    )
