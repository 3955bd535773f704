"""A wire to a service that a test can cut: the request arrives, its answer is lost."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Wire:
    """Listens on a free port and passes everything on to ``target`` on loopback."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lose: list[bytes] = []
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.port = int(self._listener.getsockname()[1])
        self.lost = 0

    def lose_answer_to(self, method: str) -> None:
        """Of the next request that begins with the method; the connection is closed instead."""
        self._lose.append(method.encode() + b" ")

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in list(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [near, far]
                losing = threading.Event()
                for work in ((near, far, losing, True), (far, near, losing, False)):
                    self._threads.append(threading.Thread(target=self._carry, args=work))
                    self._threads[-1].start()

    def _carry(self, source: socket.socket, target: socket.socket, losing: threading.Event, outward: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if outward and self._lose and data.startswith(self._lose[0]):
                    self._lose.pop(0)
                    losing.set()
                elif not outward and losing.is_set():
                    self.lost += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
