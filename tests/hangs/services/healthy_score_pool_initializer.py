"""Scores documents with a model, in a pool of processes; every process loads the model when it starts."""
from __future__ import annotations

import dataclasses
import multiprocessing as mp
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

signal.alarm(900)
context = mp.get_context("fork")


@dataclasses.dataclass(frozen=True)
class Settings:
    models: pathlib.Path
    model: str = "toxicity-v1.txt"
    workers: int = 2


class Model:
    def __init__(self, words: dict[str, float]) -> None:
        self.words = words

    @classmethod
    def load(cls, path: pathlib.Path) -> "Model":
        time.sleep(0.5)
        pairs = (line.split() for line in path.read_text().splitlines())
        return cls({word: float(weight) for word, weight in pairs})

    def score(self, text: str) -> float:
        return sum(self.words.get(w, 0.0) for w in text.split())


model: Model | None = None


def load_model(path: pathlib.Path) -> None:
    """Runs in each process of the pool, first of all."""
    global model
    signal.alarm(900)
    model = Model.load(path)


def score(text: str) -> float:
    assert model is not None
    time.sleep(0.2)
    return model.score(text)


class Scorer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.batches = 0
        path = settings.models / settings.model
        self.pool = context.Pool(settings.workers, initializer=load_model, initargs=(path,))

    def score_all(self, texts: list[str]) -> list[float]:
        scores = self.pool.map(score, texts, chunksize=1)
        self.batches += 1
        return scores


class Inbox:
    def __init__(self) -> None:
        self.taken = 0

    def batch(self) -> list[str]:
        self.taken += 1
        return [f"document {self.taken} number {n} is fine" for n in range(6)]


class StatusLine(threading.Thread):
    def __init__(self, inbox: Inbox) -> None:
        super().__init__(name="status", daemon=True)
        self.inbox = inbox

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.line = f"{self.inbox.taken} batches taken"
            if tick == 4:
                print("READY", os.getpid(), flush=True)


def deploy_models(folder: pathlib.Path) -> None:
    """What the image of the container brings."""
    (folder / "toxicity-v1.txt").write_text("fine -1\nawful 3\n")


def main() -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="models-"))
    deploy_models(folder)
    sys.stderr = open(os.devnull, "w")               # the log goes elsewhere
    inbox = Inbox()
    scorer = Scorer(Settings(folder))
    StatusLine(inbox).start()
    while True:
        scorer.score_all(inbox.batch())
        time.sleep(0.5)


main()
