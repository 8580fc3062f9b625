"""A map server: each request has a thread of its own, each thread its own connection, and the database allows a few."""
from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import threading
import time

signal.alarm(900)


@dataclasses.dataclass
class Connection:
    number: int
    queries: int = 0

    def query(self, sql: str) -> str:
        time.sleep(0.1)
        self.queries += 1
        return f"{sql}: 42 rows"


class Connections:
    """A connection for each thread that asks, until the thread gives it back."""

    def __init__(self, limit: int) -> None:
        self._slots = threading.BoundedSemaphore(limit)
        self._local = threading.local()
        self._numbers = itertools.count(1)

    def current(self) -> Connection:
        if getattr(self._local, "connection", None) is None:
            self._slots.acquire()
            self._local.connection = Connection(next(self._numbers))
        return self._local.connection

    def give_back(self) -> None:
        if getattr(self._local, "connection", None) is not None:
            self._local.connection = None
            self._slots.release()


@dataclasses.dataclass(frozen=True)
class Tile:
    zoom: int
    x: int
    y: int


class TileServer:
    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.rendered: dict[Tile, str] = {}
        self.requests = 0

    def render(self, tile: Tile) -> str:
        if tile in self.rendered:
            return self.rendered[tile]
        roads = self.connections.current().query(f"roads in {tile}")
        rivers = self.connections.current().query(f"rivers in {tile}")
        self.rendered[tile] = f"{roads}, {rivers}"
        return self.rendered[tile]

    def handle(self, tile: Tile) -> None:
        """Runs in the request's thread."""
        self.requests += 1
        try:
            self.render(tile)
        finally:
            self.connections.give_back()


class FrontDoor:
    """Takes what the browsers want: a few tiles at once, then the next ones."""

    def __init__(self, server: TileServer) -> None:
        self.server = server
        self.views = 0

    def show(self, tiles: list[Tile]) -> None:
        threads = [threading.Thread(target=self.server.handle, args=(tile,), name=f"tile-{tile.x}-{tile.y}", daemon=True) for tile in tiles]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.views += 1

    def run(self) -> None:
        for x in itertools.count():
            self.show([Tile(12, x, y) for y in range(3)])
            time.sleep(0.4)


class Importer(threading.Thread):
    """Brings new map data, with a connection that it keeps for as long as it lives."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(name="map-import", daemon=True)
        self.connections, self.imported = connections, 0

    def run(self) -> None:
        while True:
            self.connections.current().query("copy roads")
            self.imported += 1
            time.sleep(0.3)


def announce() -> None:
    print("READY", os.getpid(), flush=True)


def main() -> None:
    connections = Connections(limit=10)
    Importer(connections).start()
    timer = threading.Timer(6, announce)
    timer.daemon = True
    timer.start()
    FrontDoor(TileServer(connections)).run()


main()
