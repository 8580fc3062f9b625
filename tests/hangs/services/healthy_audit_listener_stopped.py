"""Logging through a queue: threads must not wait for the disk, but no record may get lost either."""
from __future__ import annotations

import dataclasses
import logging
import logging.handlers
import os
import pathlib
import queue
import random
import signal
import tempfile
import threading
import time

signal.alarm(900)


@dataclasses.dataclass
class LogSettings:
    folder: pathlib.Path
    level: str = "INFO"
    backlog: int = 60


class LosslessQueueHandler(logging.handlers.QueueHandler):
    """The one of the standard library drops records when the queue is full."""

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue.put(record)


class LogService:
    def __init__(self, settings: LogSettings) -> None:
        self.settings = settings
        self.generation = 0
        self.records: queue.Queue[logging.LogRecord] = queue.Queue(settings.backlog)
        self.listener = self._make_listener()
        self.listener.start()
        root = logging.getLogger()
        root.setLevel(settings.level)
        root.addHandler(LosslessQueueHandler(self.records))

    def _make_listener(self) -> logging.handlers.QueueListener:
        self.generation += 1
        handler = logging.FileHandler(self.settings.folder / f"app-{self.generation % 3}.log", mode="w")
        handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(message)s"))
        return logging.handlers.QueueListener(self.records, handler)

    def rotate(self) -> None:
        """A new file: the old listener writes what it has, the new one goes on."""
        self.listener.stop()
        for handler in self.listener.handlers:
            handler.close()
        self.listener = self._make_listener()
        self.listener.start()


class Rotation(threading.Thread):
    def __init__(self, service: LogService, every: float) -> None:
        super().__init__(name="log-rotation", daemon=True)
        self.service, self.every = service, every
        self.rotations = 0

    def run(self) -> None:
        while True:
            time.sleep(self.every)
            self.service.rotate()
            self.rotations += 1


class Worker(threading.Thread):
    def __init__(self, queue_name: str) -> None:
        super().__init__(name=f"worker-{queue_name}", daemon=True)
        self.log = logging.getLogger(f"jobs.{queue_name}")
        self.jobs = 0

    def run(self) -> None:
        while True:
            time.sleep(random.uniform(0.02, 0.1))
            self.jobs += 1
            self.log.info("job %d is done", self.jobs)


class Gauge(threading.Thread):
    """Counts without logging."""

    def __init__(self, workers: list[Worker]) -> None:
        super().__init__(name="gauge", daemon=True)
        self.workers = workers
        self.value = 0

    def run(self) -> None:
        while True:
            time.sleep(0.5)
            self.value = sum(w.jobs for w in self.workers)


def main() -> None:
    service = LogService(LogSettings(pathlib.Path(tempfile.mkdtemp(prefix="logs-"))))
    workers = [Worker(name) for name in ("mail", "pdf", "search")]
    Gauge(workers).start()
    Rotation(service, every=3.0).start()
    for worker in workers:
        worker.start()
    time.sleep(8)
    print("READY", os.getpid(), flush=True)
    for worker in workers:
        worker.join()


main()
