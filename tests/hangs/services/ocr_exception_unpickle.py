"""Reads scanned letters in a pool of processes; a page that cannot be read is an error that says which page and why."""
from __future__ import annotations

import dataclasses
import itertools
import multiprocessing as mp
import os
import signal
import sys
import threading
import time

signal.alarm(900)
context = mp.get_context("fork")


@dataclasses.dataclass(frozen=True)
class Page:
    letter: int
    number: int
    contrast: float


class OcrError(Exception):
    def __init__(self, page: Page, reason: str) -> None:
        super().__init__(f"page {page.number} of letter {page.letter}: {reason}")
        self.page, self.reason = page, reason


class Engine:
    """Stands for the library that reads."""

    THRESHOLD = 0.2

    def read(self, page: Page) -> str:
        time.sleep(0.1)
        if page.contrast < self.THRESHOLD:
            raise OcrError(page, f"contrast is {page.contrast:.2f}")
        return f"Dear Sir or Madam, this is page {page.number}"


engine: Engine | None = None


def start_engine() -> None:
    """Runs in each process of the pool, first of all."""
    global engine
    signal.alarm(900)
    engine = Engine()


def read(page: Page) -> str:
    assert engine is not None
    return engine.read(page)


class Scanner:
    """Every fifth letter was faxed and has a pale page."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def next_letter(self) -> list[Page]:
        letter = next(self._numbers)
        pale = 2 if letter % 5 == 0 else None
        return [Page(letter, n, 0.1 if n == pale else 0.8) for n in range(4)]


@dataclasses.dataclass
class Archive:
    letters: list[str] = dataclasses.field(default_factory=list)
    by_hand: list[str] = dataclasses.field(default_factory=list)


class MailRoom:
    def __init__(self, scanner: Scanner, archive: Archive) -> None:
        self.scanner, self.archive = scanner, archive
        self.pool = context.Pool(2, initializer=start_engine)

    def process(self, pages: list[Page]) -> None:
        try:
            texts = self.pool.map(read, pages, chunksize=1)
        except OcrError as e:
            self.archive.by_hand.append(str(e))
        else:
            self.archive.letters.append("\n".join(texts))

    def run(self) -> None:
        while True:
            self.process(self.scanner.next_letter())
            time.sleep(0.2)


class Dashboard(threading.Thread):
    def __init__(self, archive: Archive) -> None:
        super().__init__(name="dashboard", daemon=True)
        self.archive = archive

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.line = f"{len(self.archive.letters)} letters, {len(self.archive.by_hand)} for us"
            if tick == 6:
                print("READY", os.getpid(), flush=True)


def main() -> None:
    sys.stderr = open(os.devnull, "w")           # the log goes elsewhere
    archive = Archive()
    mail_room = MailRoom(Scanner(), archive)
    Dashboard(archive).start()
    mail_room.run()


main()
