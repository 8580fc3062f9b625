"""A link to an exchange: one thread reads quotes, another one sends heartbeats; when the link is lost, it is made again."""
from __future__ import annotations

import dataclasses
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

signal.alarm(900)


class Exchange:
    """Stands for the other side, which hangs up after some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def connect(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(theirs,), name="exchange", daemon=True).start()
        return ours

    def _serve(self, connection: socket.socket) -> None:
        end = time.monotonic() + self.seconds
        with connection:
            while time.monotonic() < end:
                connection.sendall(b"EURUSD 1.0843\n")
                time.sleep(0.1)


@dataclasses.dataclass
class Statistics:
    quotes: int = 0
    beats: int = 0
    links: int = 0
    reasons: list[str] = dataclasses.field(default_factory=list)


class Link:
    def __init__(self, connection: socket.socket, statistics: Statistics) -> None:
        self.connection, self.statistics = connection, statistics
        self.closed = threading.Event()
        self._guard = threading.Lock()
        self._closing = False
        self._threads = [self._thread(self._read, "reader"), self._thread(self._beat, "heartbeat")]

    def _thread(self, target: Callable[[], None], role: str) -> threading.Thread:
        name = f"{role}-{self.statistics.links}"
        return threading.Thread(target=target, name=name, daemon=True)

    def open(self) -> None:
        for thread in self._threads:
            thread.start()

    def _receive(self) -> bytes:
        try:
            return self.connection.recv(4096)
        except ConnectionResetError:
            return b""

    def _read(self) -> None:
        buffer = b""
        while data := self._receive():
            *lines, buffer = (buffer + data).split(b"\n")
            self.statistics.quotes += len(lines)
        time.sleep(0.5)                          # the last quotes are still worked on
        self.close("end of stream")

    def _beat(self) -> None:
        while not self._closing:
            try:
                self.connection.sendall(b"PING\n")
            except OSError as e:
                self.close(type(e).__name__)
                return
            self.statistics.beats += 1
            time.sleep(0.2)

    def _first(self) -> bool:
        with self._guard:
            first, self._closing = not self._closing, True
            return first

    def close(self, reason: str) -> None:
        """May be called by anybody, also by the link's own threads."""
        if self._first():
            self.statistics.reasons.append(reason)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self.connection.close()
        self.closed.set()


class Supervisor:
    def __init__(self, exchange: Exchange, statistics: Statistics) -> None:
        self.exchange, self.statistics = exchange, statistics

    def run(self) -> None:
        while True:
            link = Link(self.exchange.connect(), self.statistics)
            link.open()
            self.statistics.links += 1
            link.closed.wait()


class Ticker(threading.Thread):
    """Shows the statistics to the traders."""

    def __init__(self, statistics: Statistics) -> None:
        super().__init__(name="ticker", daemon=True)
        self.statistics = statistics

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.line = f"{self.statistics.quotes} quotes over {self.statistics.links} links"
            if tick == 5:
                print("READY", os.getpid(), flush=True)


def main() -> None:
    statistics = Statistics()
    Ticker(statistics).start()
    Supervisor(Exchange(seconds=2.5), statistics).run()


main()
