"""Tills of a shop print through one spooler: labels on one printer, receipts on the other."""
from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import threading
import time
from collections import defaultdict, deque
from typing import Literal

signal.alarm(900)
Paper = Literal["label", "receipt"]


@dataclasses.dataclass
class Document:
    paper: Paper
    text: str
    printed: threading.Event = dataclasses.field(default_factory=threading.Event)


class Spooler:
    """One condition for all papers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: defaultdict[Paper, deque[Document]] = defaultdict(deque)

    def submit(self, document: Document) -> None:
        with self._changed:
            self._waiting[document.paper].append(document)
            self._changed.notify()

    def take(self, paper: Paper) -> Document:
        with self._changed:
            while not self._waiting[paper]:
                self._changed.wait()
            return self._waiting[paper].popleft()


class Printer(threading.Thread):
    def __init__(self, paper: Paper, spooler: Spooler) -> None:
        super().__init__(name=f"{paper}-printer", daemon=True)
        self.paper, self.spooler = paper, spooler
        self.pages = 0

    def run(self) -> None:
        while True:
            document = self.spooler.take(self.paper)
            time.sleep(0.1)
            self.pages += 1
            document.printed.set()


class Till(threading.Thread):
    """Most customers buy something to weigh and get a label and a receipt; a few buy two."""

    BASKETS: tuple[tuple[Paper, ...], ...] = (("label", "receipt"),) * 5 + (("label", "label", "receipt"),)

    def __init__(self, spooler: Spooler) -> None:
        super().__init__(name="till", daemon=True)
        self.spooler = spooler
        self.customers = 0

    def print(self, paper: Paper, text: str) -> None:
        document = Document(paper, text)
        self.spooler.submit(document)
        document.printed.wait()
        time.sleep(0.1)

    def run(self) -> None:
        for basket in itertools.cycle(self.BASKETS):
            for paper in basket:
                self.print(paper, f"customer {self.customers}")
            self.customers += 1


class Shelf:
    """Electronic price tags, which have nothing to do with paper."""

    def __init__(self) -> None:
        self.updates = 0

    def run(self) -> None:
        while True:
            time.sleep(0.5)
            self.updates += 1


class SalesMonitor(threading.Thread):
    def __init__(self, till: Till) -> None:
        super().__init__(name="sales-monitor", daemon=True)
        self.till = till

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.line = f"{self.till.customers} customers"
            if tick == 7:
                print("READY", os.getpid(), flush=True)


def main() -> None:
    spooler = Spooler()
    for paper in ("label", "receipt"):
        Printer(paper, spooler).start()
        time.sleep(0.05)
    till = Till(spooler)
    till.start()
    SalesMonitor(till).start()
    Shelf().run()


main()
