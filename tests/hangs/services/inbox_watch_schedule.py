"""A file exchange: partners drop files into folders, which watchdog observes; a new partner's folder is observed from then on."""
from __future__ import annotations

import dataclasses
import itertools
import os
import pathlib
import signal
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.polling import PollingObserver

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Delivery:
    partner: str
    path: pathlib.Path


class Router:
    """Works in a thread of its own, so that deliveries come one after the other."""

    def __init__(self, observer: PollingObserver, root: pathlib.Path) -> None:
        self.observer, self.root = observer, root
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="router")
        self.routed = 0
        self._known: set[str] = set()

    def submit(self, path: pathlib.Path) -> Future[Delivery]:
        return self.pool.submit(self._route, path)

    def _route(self, path: pathlib.Path) -> Delivery:
        delivery = Delivery(path.stem.split("-")[0], path)
        if delivery.partner not in self._known:
            self._welcome(delivery.partner)
        time.sleep(0.05)
        self.routed += 1
        return delivery

    def _welcome(self, partner: str) -> None:
        folder = self.root / partner
        folder.mkdir(exist_ok=True)
        self.observer.schedule(InboxHandler(self), str(folder))
        self._known.add(partner)


class InboxHandler(FileSystemEventHandler):
    """Called by watchdog, in the thread of the observer."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.seen = 0

    def on_created(self, event: FileSystemEvent) -> None:
        if event.is_directory:
            return
        path = pathlib.Path(os.fsdecode(event.src_path))
        self.done(self.router.submit(path))

    def done(self, future: Future[Delivery]) -> None:
        delivery = future.result()
        delivery.path.unlink(missing_ok=True)
        self.seen += 1


class Partners(threading.Thread):
    """Stand for the partners' transfers: two old ones, and a new one now and then."""

    def __init__(self, inbox: pathlib.Path) -> None:
        super().__init__(name="partners", daemon=True)
        self.inbox, self.dropped = inbox, 0

    def run(self) -> None:
        for n in itertools.count():
            partner = f"new{n % 40}" if n % 5 == 4 else ("acme", "globex")[n % 2]
            (self.inbox / f"{partner}-{n}.xml").write_text("<order/>")
            self.dropped += 1
            time.sleep(0.6)


class Monitoring(threading.Thread):
    def __init__(self, router: Router) -> None:
        super().__init__(name="monitoring", daemon=True)
        self.router = router

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.value = self.router.routed
            if tick == 7:
                print("READY", os.getpid(), flush=True)


def main() -> None:
    root = pathlib.Path(tempfile.mkdtemp(prefix="exchange-"))
    inbox = root / "inbox"
    inbox.mkdir()
    observer = PollingObserver(timeout=0.3)
    router = Router(observer, root)
    router._known.update({"acme", "globex"})
    observer.schedule(InboxHandler(router), str(inbox))
    observer.start()
    Monitoring(router).start()
    Partners(inbox).start()
    observer.join()


main()
