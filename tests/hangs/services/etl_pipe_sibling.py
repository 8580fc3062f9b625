"""Loads batches into a data warehouse: each batch has a loader process, and an auditor process stands by."""
from __future__ import annotations

import dataclasses
import itertools
import multiprocessing as mp
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

signal.alarm(900)
context = mp.get_context("fork")


@dataclasses.dataclass(frozen=True)
class Row:
    batch: int
    number: int


def load(rows: Connection, theirs: Connection) -> None:
    """The loader: takes rows until the pipe has ended."""
    signal.alarm(900)
    theirs.close()                               # or it would never end
    loaded = 0
    while True:
        try:
            rows.recv()
        except EOFError:
            break
        loaded += 1
        time.sleep(0.01)


def audit(questions: Connection, answers: Connection) -> None:
    """The auditor: answers questions about what was loaded."""
    signal.alarm(900)
    while True:
        batch = questions.recv()
        answers.send(f"batch {batch} is fine")


class Loader:
    def __init__(self, batch: int) -> None:
        receiver, self.rows = context.Pipe(duplex=False)
        self.process = context.Process(target=load, args=(receiver, self.rows), name=f"loader-{batch}", daemon=True)
        self.process.start()
        receiver.close()

    def send(self, row: Row) -> None:
        self.rows.send(row)

    def finish(self) -> None:
        self.rows.close()
        self.process.join()


class Auditor:
    """Is replaced by a fresh process after some batches, since it collects memory."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime, self.used = lifetime, 0
        self.process: BaseProcess | None = None

    def ensure(self) -> None:
        if self.process is not None and self.used < self.lifetime:
            return
        if self.process is not None:
            self.process.terminate()
            self.process.join()
        theirs, self.questions = context.Pipe(duplex=False)
        self.answers, ours = context.Pipe(duplex=False)
        self.process = context.Process(target=audit, args=(theirs, ours), name="auditor", daemon=True)
        self.process.start()
        self.used = 0

    def ask(self, batch: int) -> str:
        self.used += 1
        self.questions.send(batch)
        return self.answers.recv()


class Pipeline:
    def __init__(self) -> None:
        self.auditor = Auditor(lifetime=4)
        self.auditor.ensure()
        self.batches = 0

    def run_batch(self, batch: int) -> str:
        loader = Loader(batch)
        self.auditor.ensure()
        for number in range(20):
            loader.send(Row(batch, number))
        loader.finish()
        self.batches += 1
        return self.auditor.ask(batch)

    def run(self) -> None:
        for batch in itertools.count(1):
            self.last = self.run_batch(batch)
            time.sleep(0.3)


def heartbeat(pipeline: Pipeline) -> None:
    for tick in range(10**9):
        time.sleep(1)
        heartbeat.line = f"{pipeline.batches} batches"
        if tick == 7:
            print("READY", os.getpid(), flush=True)


def main() -> None:
    pipeline = Pipeline()
    threading.Thread(target=heartbeat, args=(pipeline,), name="heartbeat", daemon=True).start()
    pipeline.run()


main()
