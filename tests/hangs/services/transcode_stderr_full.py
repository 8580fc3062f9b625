"""Transcoding: the encoder is a program of its own; its frames come on stdout, its progress on stderr."""
from __future__ import annotations

import dataclasses
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

signal.alarm(900)

# stands for the encoder: talks a lot about each frame when asked to be verbose
ENCODER = """
import signal, sys, time
signal.alarm(900)
frames, verbosity = int(sys.argv[1]), int(sys.argv[2])
for n in range(frames):
    time.sleep(0.1)
    sys.stderr.write(f"frame={n} qp=23 bits=4711 slices=8 " + "." * verbosity + chr(10))
    sys.stderr.flush()
    sys.stdout.write(f"frame {n}" + chr(10))
    sys.stdout.flush()
"""


@dataclasses.dataclass(frozen=True)
class Video:
    title: str
    frames: int
    verbosity: int = 40


class EncoderFailed(Exception):
    pass


class Encoder:
    def __init__(self, program: str = ENCODER) -> None:
        self.program = program

    def _command(self, video: Video) -> list[str]:
        return [sys.executable, "-c", self.program, str(video.frames), str(video.verbosity)]

    def frames(self, video: Video) -> Iterator[str]:
        process = subprocess.Popen(self._command(video), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            yield line.rstrip()
        log = process.stderr.read()
        if process.wait() != 0:
            raise EncoderFailed(log[-200:])


class Transcoder(threading.Thread):
    def __init__(self, number: int, videos: queue.Queue[Video]) -> None:
        super().__init__(name=f"transcoder-{number}", daemon=True)
        self.videos, self.encoder = videos, Encoder()
        self.frames = self.finished = 0

    def run(self) -> None:
        while True:
            video = self.videos.get()
            for _ in self.encoder.frames(video):
                self.frames += 1
            self.finished += 1
            self.videos.task_done()


class Catalogue:
    """Brings a new video as soon as all have been transcoded; every second one is noisy."""

    def __init__(self, videos: queue.Queue[Video]) -> None:
        self.videos, self.rounds = videos, 0

    def run(self) -> None:
        while True:
            noisy = 8000 if self.rounds % 2 else 40
            self.videos.put(Video(f"trailer {self.rounds}", frames=20))
            self.videos.put(Video(f"film {self.rounds}", frames=20, verbosity=noisy))
            self.videos.join()
            self.rounds += 1


def progress(transcoders: list[Transcoder]) -> None:
    for tick in range(10**9):
        time.sleep(1)
        progress.line = f"{sum(t.frames for t in transcoders)} frames"
        if tick == 7:
            print("READY", os.getpid(), flush=True)


def main() -> None:
    videos: queue.Queue[Video] = queue.Queue()
    transcoders = [Transcoder(n, videos) for n in range(2)]
    for transcoder in transcoders:
        transcoder.start()
    threading.Thread(target=progress, args=(transcoders,), name="progress", daemon=True).start()
    Catalogue(videos).run()


main()
