"""A connection to a server that ends at a chosen moment, and counts what it carries."""

import socket
from contextlib import contextmanager, suppress
from threading import Lock, Thread


class Proxy:
    """Passes on what clients and a server say, until it is told to cut the line.

    It is cut once, when a connection has carried all the words to the server, in their
    order: before the last one arrives, or after it was answered and before the answer
    arrives.
    """

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._words, self._loses_answer = [], False
        self._mutex = Lock()
        self._refuses_after_cut = self._refuses = False
        self.received, self.sent = 0, 0
        Thread(target=self._accept, daemon=True).start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def cut_before(self, *words):
        self._words, self._loses_answer = list(words), False

    def cut_after(self, *words):
        self._words, self._loses_answer = list(words), True

    def refuse_after_cut(self):
        """Let nobody connect after the line was cut, until they may again."""
        self._refuses_after_cut = True

    def accept_again(self):
        self._refuses_after_cut = self._refuses = False

    def close(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # It is closed.
            if self._refuses:
                client.close()
                continue
            kind = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
            server = socket.socket(kind)
            server.connect(self._target)
            losing: list[bool] = []
            for work in (self._to_server, self._to_client):
                Thread(target=work, args=(client, server, losing), daemon=True).start()

    def _to_server(self, client, server, losing):
        seen = b""
        with _closed_after(client, server):
            while data := client.recv(65536):
                seen = seen[-64:] + data
                cut = self._is_moment(seen)
                if cut and not self._loses_answer:
                    return
                if cut:
                    losing.append(True)
                self.sent += len(data)
                server.sendall(data)

    def _to_client(self, client, server, losing):
        with _closed_after(client, server):
            while data := server.recv(65536):
                if losing:
                    return
                self.received += len(data)
                client.sendall(data)

    def _is_moment(self, data):
        with self._mutex:
            while self._words and self._words[0] in data:
                data = data.partition(self._words.pop(0))[2]
                if not self._words:
                    self._refuses = self._refuses_after_cut
                    return True
        return False


@contextmanager
def _closed_after(*sockets):
    with suppress(OSError):
        yield
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def proxy_to(target):
    """Listen on a port, in front of a server: a path, or a host and a port."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
