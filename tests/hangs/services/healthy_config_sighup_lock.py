"""A router for text messages; SIGHUP makes it read its routes again, as daemons have always done."""
from __future__ import annotations

import dataclasses
import itertools
import json
import os
import pathlib
import signal
import tempfile
import threading
import time
from types import FrameType

signal.alarm(900)

ROUTES = {"49": "berlin", "44": "london", "33": "paris"}


@dataclasses.dataclass(frozen=True)
class Message:
    number: str
    text: str


class Routes:
    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.reloads = 0
        self._table: dict[str, str] = {}
        self.reload()

    def reload(self) -> None:
        table = json.loads(self.path.read_text())
        with self.lock:
            self._table = table
            self.reloads += 1

    def find(self, number: str) -> str:
        with self.lock:
            for length in range(3, 0, -1):
                time.sleep(0.05)                 # the table of a real carrier is long
                if gateway := self._table.get(number[:length]):
                    return gateway
        raise LookupError(number)


class SignalReload:
    """Installs the handler."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        signal.signal(signal.SIGHUP, self._on_hangup)

    def _on_hangup(self, signum: int, frame: FrameType | None) -> None:
        self.routes.reload()


class Router:
    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.sent: dict[str, int] = {}

    def send(self, message: Message) -> None:
        gateway = self.routes.find(message.number)
        self.sent[gateway] = self.sent.get(gateway, 0) + 1

    def run(self) -> None:
        for n in itertools.count():
            country = list(ROUTES)[n % len(ROUTES)]
            self.send(Message(f"{country}170{n:06d}", "your parcel is here"))
            time.sleep(0.02)


class Billing(threading.Thread):
    """Asks for routes too, for the price list."""

    def __init__(self, routes: Routes) -> None:
        super().__init__(name="billing", daemon=True)
        self.routes, self.priced = routes, 0

    def run(self) -> None:
        while True:
            self.routes.find("44170000000")
            self.priced += 1
            time.sleep(0.7)


class Deployment(threading.Thread):
    """Stands for somebody who rolls out new routes with kill -HUP."""

    def __init__(self, routes: Routes) -> None:
        super().__init__(name="deployment", daemon=True)
        self.routes, self.rollouts = routes, 0

    def run(self) -> None:
        while True:
            time.sleep(1.3)
            before = self.routes.reloads
            self.routes.path.write_text(json.dumps(ROUTES | {"1": f"boston-{self.rollouts}"}))
            os.kill(os.getpid(), signal.SIGHUP)
            while self.routes.reloads == before:
                time.sleep(0.2)
            self.rollouts += 1


def main() -> None:
    path = pathlib.Path(tempfile.mkdtemp(prefix="routes-")) / "routes.json"
    path.write_text(json.dumps(ROUTES))
    routes = Routes(path)
    SignalReload(routes)
    Billing(routes).start()
    Deployment(routes).start()
    announcer = threading.Timer(9, lambda: print("READY", os.getpid(), flush=True))
    announcer.daemon = True
    announcer.start()
    Router(routes).run()


main()
