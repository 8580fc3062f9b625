"""A search index in shared memory: processes add to it, the main process takes snapshots; one lock guards it."""
from __future__ import annotations

import dataclasses
import multiprocessing as mp
import os
import signal
import threading
import time
from multiprocessing.process import BaseProcess

signal.alarm(900)
context = mp.get_context("fork")


@dataclasses.dataclass(frozen=True)
class Batch:
    number: int
    megabytes: int


class OutOfMemoryKiller:
    """Stands for the kernel's."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def allocate(self, megabytes: int) -> None:
        if megabytes > self.limit:
            os.kill(os.getpid(), signal.SIGKILL)


class SharedIndex:
    def __init__(self) -> None:
        self.lock = context.Lock()
        self.documents = context.Value("q", 0, lock=False)

    def merge(self, batch: Batch, memory: OutOfMemoryKiller) -> None:
        with self.lock:
            time.sleep(0.1)
            memory.allocate(batch.megabytes)
            self.documents.value += 10

    def snapshot(self) -> int:
        with self.lock:
            return self.documents.value


def ingest(index: SharedIndex, worker: int) -> None:
    signal.alarm(900)
    memory = OutOfMemoryKiller(limit=512)
    number = 0
    while True:
        number += 1
        megabytes = 900 if worker == 1 and number == 6 else 80
        index.merge(Batch(number, megabytes), memory)
        time.sleep(0.2)


class Supervisor(threading.Thread):
    """Starts a worker again when it ends."""

    def __init__(self, index: SharedIndex, count: int) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.index = index
        self.restarts = 0
        self.workers = [self._start(n) for n in range(count)]

    def _start(self, n: int) -> BaseProcess:
        worker = context.Process(target=ingest, args=(self.index, n), name=f"ingest-{n}", daemon=True)
        worker.start()
        return worker

    def run(self) -> None:
        while True:
            time.sleep(0.5)
            for n, worker in enumerate(self.workers):
                if not worker.is_alive():
                    self.restarts += 1
                    self.workers[n] = self._start(n + 10 * self.restarts)


class Snapshots:
    def __init__(self, index: SharedIndex) -> None:
        self.index = index
        self.taken: list[int] = []

    def run(self) -> None:
        while True:
            time.sleep(0.7)
            self.taken.append(self.index.snapshot())


def announce() -> None:
    print("READY", os.getpid(), flush=True)


index = SharedIndex()
supervisor = Supervisor(index, 2)
supervisor.start()
timer = threading.Timer(6, announce)
timer.daemon = True
timer.start()
Snapshots(index).run()
